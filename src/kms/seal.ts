import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'

const nonceLength = 12
const tagLength = 16

/** How many bytes {@link sealBytes} adds to what it seals. */
export const sealOverhead = nonceLength + tagLength

/**
 * AES-256-GCM under a random 96-bit nonce: nonce, ciphertext, tag.
 * At most 2^32 messages per key (NIST SP 800-38D, 8.3); a KEK version seals one per data key, which stays far below.
 */
export function sealBytes(key: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const nonce = randomFillSync(Buffer.allocUnsafeSlow(nonceLength))
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
  cipher.setAAD(aad)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()])
}

/** @returns the plaintext in memory of its own, which the caller zeroes, or `undefined` when key, AAD or bytes differ. */
export function openBytes(key: Buffer, aad: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < sealOverhead) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLength), {
    authTagLength: tagLength,
  })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(sealed.length - tagLength))
  const plaintext = decipher.update(sealed.subarray(nonceLength, sealed.length - tagLength))
  try {
    decipher.final()
    return plaintext
  } catch {
    plaintext.fill(0)
    return undefined
  }
}
