/** RFC 5321 §4.5.3.1 limits, and one @ between a local part and a domain with a dot; not the whole of its grammar. */
export function isEmail(value: string): boolean {
  return value.length <= 254 && /^[^\s@"(),:;<>[\]\\]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/u.test(value)
}
