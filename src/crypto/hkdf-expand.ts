import { createHmac } from 'node:crypto'

/**
 * HKDF-Expand of RFC 5869 §2.3 with SHA-256, for one block of output: T(1) = HMAC(key, info | 0x01). The key must be
 * uniformly random, which is when §3.3 lets the extract step be left out.
 *
 * @returns 32 bytes that are no slice of a shared pool, for the caller to zero.
 */
export function hkdfExpand(key: Buffer, info: string | Buffer): Buffer {
  const block = createHmac('sha256', key).update(info).update('\x01').digest()
  const output = Buffer.allocUnsafeSlow(block.length)
  block.copy(output)
  block.fill(0)
  return output
}
