/** The form on the card, ISO/IEC 7813: month and year as MM/YY. Whether it has passed is not judged. */
export function isExpiry(value: string): boolean {
  return /^(0[1-9]|1[0-2])\/[0-9]{2}$/.test(value)
}
