/** ISO 13616: country, two check digits, up to 30 letters and digits; rearranged and read as a number, 1 modulo 97. */
export function isIban(value: string): boolean {
  const compact = value.replace(/ /g, '').toUpperCase()
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$/.test(compact)) return false
  const rearranged = compact.slice(4) + compact.slice(0, 4)
  let remainder = 0
  for (const character of rearranged) {
    const number = parseInt(character, 36)
    remainder = (remainder * (number > 9 ? 100 : 10) + number) % 97
  }
  return remainder === 1
}
