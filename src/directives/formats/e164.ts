/** ITU-T E.164: a plus sign and at most 15 digits, the first not 0. */
export function isE164(value: string): boolean {
  return /^\+[1-9][0-9]{6,14}$/.test(value)
}
