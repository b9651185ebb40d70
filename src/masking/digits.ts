const decimalDigit = /\p{Nd}/u

/**
 * Writes every decimal digit of any script (Unicode general category Nd: full-width, Arabic-Indic, …) as ASCII `0` to `9`;
 * all else stays.
 */
export function toAsciiDigits(text: string): string {
  return text.replaceAll(/(?![0-9])\p{Nd}/gu, (digit) => {
    const codePoint = digit.codePointAt(0) ?? 0
    // Decimal digits stand in runs of ten from zero to nine (Unicode Standard, section 4.6), some runs back to back.
    let zero = codePoint
    while (decimalDigit.test(String.fromCodePoint(zero - 1))) zero -= 1
    return String((codePoint - zero) % 10)
  })
}

/** The digits of a card number as people write it, in groups parted by spaces or hyphens; undefined for anything else. */
export function readCardDigits(text: string): string | undefined {
  const digits = toAsciiDigits(text).replaceAll(/[\s\p{Pd}]/gu, '')
  return /^\d+$/.test(digits) ? digits : undefined
}
