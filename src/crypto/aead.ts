import { createCipheriv, createDecipheriv } from 'node:crypto'

/**
 * Authenticated encryption with associated data, over messages as they are stored: the nonce, which ends where the body
 * starts, the body, as long as the plaintext, and a tag of 16 bytes, with which the message ends. Keys are 32 bytes.
 * Nobody but the field cipher calls this, with nonces it has drawn itself.
 */
export interface Aead {
  /** Writes body and tag into a message whose nonce is in place. */
  seal(key: Buffer, aad: Buffer, plaintext: Buffer, message: Buffer, bodyStart: number): void
  /** @throws some error, never a plaintext, when anything differs from what was sealed. */
  open(key: Buffer, aad: Buffer, message: Buffer, bodyStart: number): Buffer
}

const tagLength = 16
const nonceLength = 12
const options = { authTagLength: tagLength }

/** The AEADs that OpenSSL has under a name, by node:crypto. */
function openSslAead(algorithm: 'aes-256-gcm' | 'chacha20-poly1305'): Aead {
  return {
    seal(key, aad, plaintext, message, bodyStart) {
      const nonce = message.subarray(bodyStart - nonceLength, bodyStart)
      // The types tell GCM from ChaCha20-Poly1305, the calls are the same.
      const cipher = createCipheriv(algorithm as 'aes-256-gcm', key, nonce, options)
      cipher.setAAD(aad)
      const body = cipher.update(plaintext)
      cipher.final()
      body.copy(message, bodyStart)
      cipher.getAuthTag().copy(message, bodyStart + body.length)
    },
    open(key, aad, message, bodyStart) {
      const tagStart = message.length - tagLength
      const nonce = message.subarray(bodyStart - nonceLength, bodyStart)
      const decipher = createDecipheriv(algorithm as 'aes-256-gcm', key, nonce, options)
      decipher.setAAD(aad)
      decipher.setAuthTag(message.subarray(tagStart))
      const plaintext = decipher.update(message.subarray(bodyStart, tagStart))
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
  seal(key, aad, plaintext, message, bodyStart) {
    const messageKey = deriveMessageKey(key, message, bodyStart - 2 * nonceLength)
    aesGcm.seal(messageKey, aad, plaintext, message, bodyStart)
    messageKey.fill(0)
  },
  open(key, aad, message, bodyStart) {
    const messageKey = deriveMessageKey(key, message, bodyStart - 2 * nonceLength)
    try {
      return aesGcm.open(messageKey, aad, message, bodyStart)
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
function deriveMessageKey(key: Buffer, message: Buffer, nonceStart: number): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null)
  const l = cipher.update(zeroBlock)
  const blocks = Buffer.allocUnsafe(32)
  for (let at = 0; at < 16; at += 4) {
    const carry = at < 12 ? l.readUInt32BE(at + 4) >>> 31 : 0x87 * (l.readUInt32BE(0) >>> 31)
    const k1 = (l.readInt32BE(at) << 1) ^ carry
    const half = at === 0 ? 0 : message.readInt32BE(nonceStart + at - 4)
    blocks.writeInt32BE(k1 ^ (at === 0 ? 0x00015800 : half), at)
    blocks.writeInt32BE(k1 ^ (at === 0 ? 0x00025800 : half), at + 16)
  }
  return cipher.update(blocks)
}
