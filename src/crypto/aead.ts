import { createCipheriv, createDecipheriv } from 'node:crypto'

/**
 * Authenticated encryption with associated data. Keys are 32 bytes, tags 16, nonces as long as the suite says; nobody but
 * the field cipher calls this, with nonces it has drawn itself.
 */
export interface Aead {
  /** Writes ciphertext and tag into `out` at `at`; the ciphertext is as long as the plaintext. */
  seal(key: Buffer, nonce: Buffer, aad: Buffer, plaintext: Buffer, out: Buffer, at: number): void
  /** @throws some error, never a plaintext, when anything differs from what was sealed. */
  open(key: Buffer, nonce: Buffer, aad: Buffer, ciphertext: Buffer, tag: Buffer): Buffer
}

const options = { authTagLength: 16 }

/** The AEADs that OpenSSL has under a name, by node:crypto. */
function openSslAead(algorithm: 'aes-256-gcm' | 'chacha20-poly1305'): Aead {
  return {
    seal(key, nonce, aad, plaintext, out, at) {
      // The types tell GCM from ChaCha20-Poly1305, the calls are the same.
      const cipher = createCipheriv(algorithm as 'aes-256-gcm', key, nonce, options)
      cipher.setAAD(aad)
      const ciphertext = cipher.update(plaintext)
      cipher.final()
      ciphertext.copy(out, at)
      cipher.getAuthTag().copy(out, at + ciphertext.length)
    },
    open(key, nonce, aad, ciphertext, tag) {
      const decipher = createDecipheriv(algorithm as 'aes-256-gcm', key, nonce, options)
      decipher.setAAD(aad)
      decipher.setAuthTag(tag)
      const plaintext = decipher.update(ciphertext)
      decipher.final()
      return plaintext
    },
  }
}

/** NIST SP 800-38D with 96-bit nonces. */
export const aesGcm = openSslAead('aes-256-gcm')

/** RFC 8439. */
export const chacha20Poly1305 = openSslAead('chacha20-poly1305')

/** XAES-256-GCM of c2sp.org/XAES-256-GCM: AES-256-GCM under a key per message, made from the first half of the nonce. */
export const xaesGcm: Aead = {
  seal(key, nonce, aad, plaintext, out, at) {
    const messageKey = deriveMessageKey(key, nonce)
    aesGcm.seal(messageKey, nonce.subarray(12), aad, plaintext, out, at)
    messageKey.fill(0)
  },
  open(key, nonce, aad, ciphertext, tag) {
    const messageKey = deriveMessageKey(key, nonce)
    try {
      return aesGcm.open(messageKey, nonce.subarray(12), aad, ciphertext, tag)
    } finally {
      messageKey.fill(0)
    }
  },
}

const zeroBlock = Buffer.alloc(16)

/** SP 800-108 in counter mode over CMAC (SP 800-38B), reduced to two blocks as the specification of XAES does. */
function deriveMessageKey(key: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const k1 = doubled(cipher.update(zeroBlock))
  const blocks = Buffer.alloc(32)
  blocks.set([0, 1, 0x58, 0], 0)
  blocks.set([0, 2, 0x58, 0], 16)
  nonce.copy(blocks, 4, 0, 12)
  nonce.copy(blocks, 20, 0, 12)
  for (let i = 0; i < 32; i += 1) blocks.writeUInt8(blocks.readUInt8(i) ^ k1.readUInt8(i % 16), i)
  return cipher.update(blocks)
}

/** Multiplication by x in GF(2^128), as CMAC makes its subkey K1; without branches on the key. */
function doubled(block: Buffer): Buffer {
  const result = Buffer.alloc(16)
  let carry = 0
  for (let i = 15; i >= 0; i -= 1) {
    const byte = block.readUInt8(i)
    result.writeUInt8(((byte << 1) | carry) & 0xff, i)
    carry = byte >> 7
  }
  result.writeUInt8(result.readUInt8(15) ^ (0x87 * carry), 15)
  return result
}
