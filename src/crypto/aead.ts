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

/**
 * SP 800-108r1 in counter mode with CMAC-AES256 (SP 800-38B), which the specification of XAES reduces to three AES blocks:
 * L = AES(0), then AES(M1 ^ K1) | AES(M2 ^ K1), where K1 is L times x in GF(2^128) and M1, M2 are 0x00 0x01 or 0x02, 'X',
 * 0x00 and half the nonce. Word by word, without branches on the key.
 */
function deriveMessageKey(key: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null)
  const l = cipher.update(zeroBlock)
  const blocks = Buffer.allocUnsafe(32)
  for (let at = 0; at < 16; at += 4) {
    const carry = at < 12 ? l.readUInt32BE(at + 4) >>> 31 : 0x87 * (l.readUInt32BE(0) >>> 31)
    const k1 = (l.readInt32BE(at) << 1) ^ carry
    blocks.writeInt32BE(k1 ^ (at === 0 ? 0x00015800 : nonce.readInt32BE(at - 4)), at)
    blocks.writeInt32BE(k1 ^ (at === 0 ? 0x00025800 : nonce.readInt32BE(at - 4)), at + 16)
  }
  return cipher.update(blocks)
}
