// RFC 4648, 4, from buffer to buffer: the codecs of Node go through a string, which cannot be wiped.

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const padding = 0x3d
const unknown = 0xff
const sextets = new Uint8Array(256).fill(unknown)
for (const [value, byte] of alphabet.entries()) sextets[byte] = value

export function base64Length(byteLength: number): number {
  return Math.ceil(byteLength / 3) * 4
}

/** Writes the base64 of `source` at `offset` and answers the offset behind it. */
export function encodeBase64(source: Buffer, target: Buffer, offset: number): number {
  let at = offset
  for (let index = 0; index < source.length; index += 3) {
    const left = source.length - index
    const first = source[index] ?? 0
    const second = source[index + 1] ?? 0
    const third = source[index + 2] ?? 0
    target[at++] = alphabet[first >> 2] ?? 0
    target[at++] = alphabet[((first & 3) << 4) | (second >> 4)] ?? 0
    target[at++] = left > 1 ? (alphabet[((second & 15) << 2) | (third >> 6)] ?? 0) : padding
    target[at++] = left > 2 ? (alphabet[third & 63] ?? 0) : padding
  }
  return at
}

/** Fills `target` from canonical base64 of exactly its length; otherwise answers false and leaves `target` zeroed. */
export function decodeBase64(source: Buffer, target: Buffer): boolean {
  const padded = (3 - (target.length % 3)) % 3
  const length = base64Length(target.length)
  let valid = source.length === length
  for (let index = length - padded; index < length; index++) valid = valid && source[index] === padding
  let bits = 0
  let held = 0
  let at = 0
  for (let index = 0; index < length - padded; index++) {
    const sextet = sextets[source[index] ?? 0] ?? unknown
    if (sextet === unknown) valid = false
    bits = ((bits << 6) | (sextet & 63)) & 0xffff
    held += 6
    if (held >= 8) {
      held -= 8
      target[at++] = (bits >> held) & 0xff
    }
  }
  if ((bits & ((1 << held) - 1)) !== 0) valid = false
  if (!valid) target.fill(0)
  return valid
}
