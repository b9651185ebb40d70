/** What terminals act on, or what turns the direction of text: nothing that a database holds may do that to a screen. */
const controls = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A value for people to read, on one line. */
export function printable(value: unknown): string {
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? inner.toString() : inner,
  ) as string | undefined
  return (text ?? 'null').replace(controls, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return `\\u${code.padStart(4, '0')}`
  })
}
