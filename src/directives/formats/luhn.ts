/** ISO/IEC 7812-1, annex B: every second digit from the right doubled, the digit sum a multiple of ten. 12 to 19 digits. */
export function passesLuhn(value: string): boolean {
  const digits = value.replace(/[ -]/g, '')
  if (!/^[0-9]{12,19}$/.test(digits)) return false
  let sum = 0
  for (let position = 0; position < digits.length; position += 1) {
    const digit = Number(digits[digits.length - 1 - position])
    const weighted = position % 2 === 1 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
