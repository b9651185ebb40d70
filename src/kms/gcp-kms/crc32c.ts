/** The reversed polynomial of CRC-32C (RFC 3720, B.4). */
const polynomial = 0x82f63b78

/** CRC-32C of a few bytes, by which Google KMS finds what was changed on its way. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
  }
  return ~crc >>> 0
}
