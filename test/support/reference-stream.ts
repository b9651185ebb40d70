import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

/**
 * A second implementation of `docs/stream-format.md`, written from that page. It shares nothing with `src/crypto`, takes the
 * salt from its caller, wants everything in memory, and is here to check that page and the frozen vectors.
 */

export interface ReferenceStream {
  readonly root: Buffer
  readonly context: readonly string[]
}

/** @param compression - the byte of the header; the plaintext is taken as it is. */
export function encryptStream(
  { root, context }: ReferenceStream,
  salt: Buffer,
  compression: number,
  plaintext: Buffer,
): Buffer {
  const keyId = hmac(root, Buffer.from('sealgate/v1/commit\u0001'))
  const header = Buffer.concat([
    Buffer.from('SGST'),
    Buffer.from([0x01, 0x01, compression, 0x00]),
    keyId,
    salt,
  ])
  const { key, prefix } = derive(root, header, context)
  const count = Math.max(1, Math.ceil(plaintext.length / 65_536))
  const chunks = Array.from({ length: count }, (_, index) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(prefix, index, index === count - 1))
    const chunk = plaintext.subarray(index * 65_536, (index + 1) * 65_536)
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  })
  return Buffer.concat([header, ...chunks])
}

/** One chunk, by its number, of a stored stream of which nothing else but the header is looked at. */
export function decryptChunk({ root, context }: ReferenceStream, stored: Buffer, index: number): Buffer {
  const { key, prefix } = derive(root, stored.subarray(0, 72), context)
  const start = 72 + index * 65_552
  const sealed = stored.subarray(start, start + 65_552)
  const last = start + 65_552 >= stored.length
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(prefix, index, last))
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

function derive(
  root: Buffer,
  header: Buffer,
  context: readonly string[],
): { readonly key: Buffer; readonly prefix: Buffer } {
  const subkey = hmac(root, Buffer.from('sealgate/v1/stream/aes-256-gcm\u0001'))
  const expand = (use: string): Buffer => {
    const parts = [
      Buffer.from('sealgate/stream/v1'),
      Buffer.from(use),
      header,
      ...context.map((part) => Buffer.from(part)),
    ]
    const info = parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, part]
    })
    return hmac(subkey, Buffer.concat([...info, Buffer.from([1])]))
  }
  return { key: expand('key'), prefix: expand('nonce').subarray(0, 7) }
}

function nonce(prefix: Buffer, index: number, last: boolean): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(index)
  return Buffer.concat([prefix, count, Buffer.from([last ? 1 : 0])])
}

function hmac(key: Buffer, bytes: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes).digest()
}
