import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'

/**
 * A second implementation of `docs/ciphertext-format.md`, written from that page. It shares nothing with `src/crypto`, takes
 * nonces from its caller, and is here to check that page and the frozen vectors. Slow and trusting.
 */

/** Values as items: what the page calls tag and body. */
export type ReferenceItem =
  | { readonly tag: 0x00 }
  | { readonly tag: 0x01 | 0x02 | 0x06 | 0x07 | 0x08; readonly text: string }
  | { readonly tag: 0x03 | 0x04 | 0x05 | 0x09; readonly number: number }
  | { readonly tag: 0x0a; readonly inner: ReferenceItem }
  | { readonly tag: 0x0b; readonly items: readonly ReferenceItem[] }
  | { readonly tag: 0x0c; readonly entries: readonly (readonly [string, ReferenceItem])[] }

export interface ReferencePlace {
  readonly purpose: string
  readonly tenant: string
  readonly collection: string
  readonly path: string
  readonly subject: string
  readonly id: string
  readonly elements: readonly string[]
}

const suites = {
  1: { algorithm: 'aes-256-gcm', label: 'encrypt/aes-256-gcm', nonceLength: 12 },
  2: { algorithm: 'aes-256-gcm', label: 'encrypt/xaes-256-gcm', nonceLength: 24 },
  3: { algorithm: 'chacha20-poly1305', label: 'encrypt/chacha20-poly1305', nonceLength: 12 },
} as const
export type ReferenceSuite = keyof typeof suites

export function subkey(root: Buffer, label: string): Buffer {
  return createHmac('sha256', root)
    .update(Buffer.from(`sealgate/v1/${label}\u0001`))
    .digest()
}

/** @param keyId - another one than the page says makes a ciphertext that names a key it was not made with. */
export function encrypt(
  root: Buffer,
  suite: ReferenceSuite,
  nonce: Buffer,
  place: ReferencePlace,
  padded: Buffer,
  keyId = subkey(root, 'commit'),
): Buffer {
  const header = Buffer.concat([Buffer.from([1, suite]), keyId])
  const { key, nonce: inner } = aeadInputs(root, suite, nonce)
  const cipher = createCipheriv(suites[suite].algorithm as 'aes-256-gcm', key, inner, { authTagLength: 16 })
  cipher.setAAD(associatedData(place, header))
  const body = Buffer.concat([cipher.update(padded), cipher.final()])
  return Buffer.concat([header, nonce, body, cipher.getAuthTag()])
}

/** The padded plaintext and the nonce of a stored form. */
export function decrypt(
  root: Buffer,
  place: ReferencePlace,
  stored: Buffer,
): { readonly padded: Buffer; readonly nonce: Buffer } {
  const suite = stored.readUInt8(1) as ReferenceSuite
  const header = stored.subarray(0, 34)
  const nonce = stored.subarray(34, 34 + suites[suite].nonceLength)
  const { key, nonce: inner } = aeadInputs(root, suite, nonce)
  const decipher = createDecipheriv(suites[suite].algorithm as 'aes-256-gcm', key, inner, {
    authTagLength: 16,
  })
  decipher.setAAD(associatedData(place, header)).setAuthTag(stored.subarray(-16))
  const body = stored.subarray(34 + nonce.length, -16)
  return { padded: Buffer.concat([decipher.update(body), decipher.final()]), nonce }
}

export function pad(item: Buffer): Buffer {
  const bucket = [64, 128, 256, 512, 1024].find((length) => item.length <= length)
  return Buffer.concat([item, Buffer.alloc((bucket ?? padme(item.length)) - item.length)])
}

export function encodeItem(item: ReferenceItem): Buffer {
  const body = encodeBody(item)
  return Buffer.concat([Buffer.from([item.tag]), uint32(body.length), body])
}

export function term(
  root: Buffer,
  place: Pick<ReferencePlace, 'tenant' | 'collection' | 'path'>,
  normalizer: string,
  item: ReferenceItem,
): Buffer {
  const coordinates = lp('sealgate/index/v1', normalizer, place.tenant, place.collection, place.path)
  return createHmac('sha256', subkey(root, 'index'))
    .update(Buffer.concat([coordinates, encodeItem(item)]))
    .digest()
}

export function rowId(tenant: string, scope: string, scopeId: string): Buffer {
  return createHash('sha256')
    .update(lp('sealgate/holder/v1', tenant, scope, scopeId))
    .digest()
}

export function wrapContext(...tuple: readonly [string, string, string, string, string]): Buffer {
  return lp('sealgate/wrap/v1', ...tuple)
}

function encodeBody(item: ReferenceItem): Buffer {
  const eight = Buffer.alloc(8)
  switch (item.tag) {
    case 0x00:
      return Buffer.alloc(0)
    case 0x02:
      return Buffer.from(item.text, 'utf16le')
    case 0x01:
    case 0x06:
    case 0x07:
    case 0x08:
      return Buffer.from(item.text, 'utf8')
    case 0x03:
    case 0x09:
      eight.writeBigInt64BE(BigInt(item.number))
      return eight
    case 0x04:
      eight.writeDoubleBE(item.number)
      return eight
    case 0x05:
      return Buffer.from([item.number])
    case 0x0a:
      return encodeItem(item.inner)
    case 0x0b:
      return Buffer.concat([uint32(item.items.length), ...item.items.map(encodeItem)])
    case 0x0c:
      return Buffer.concat([
        uint32(item.entries.length),
        ...item.entries.flatMap(([key, value]) => [encodeItem({ tag: 0x01, text: key }), encodeItem(value)]),
      ])
  }
}

function associatedData(place: ReferencePlace, header: Buffer): Buffer {
  const ids = [place.id, ...place.elements].map((id) => Buffer.concat([Buffer.from([0x02]), Buffer.from(id)]))
  const { purpose, tenant, collection, path, subject } = place
  return lp('sealgate/field/v1', purpose, tenant, collection, path, subject, ...ids, header)
}

/** Suite 2 uses a key for the message, made of three AES blocks. */
function aeadInputs(root: Buffer, suite: ReferenceSuite, nonce: Buffer): { key: Buffer; nonce: Buffer } {
  const key = subkey(root, suites[suite].label)
  if (suite !== 2) return { key, nonce }
  const block = (input: bigint): Buffer => {
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    return cipher.update(Buffer.from(input.toString(16).padStart(32, '0'), 'hex'))
  }
  const l = BigInt(`0x${block(0n).toString('hex')}`)
  const k1 = BigInt.asUintN(128, l << 1n) ^ (l >> 127n === 1n ? 0x87n : 0n)
  const context = BigInt(`0x${nonce.subarray(0, 12).toString('hex')}`)
  const derived = [0x00015800n, 0x00025800n].map((prefix) => block(((prefix << 96n) | context) ^ k1))
  return { key: Buffer.concat(derived), nonce: nonce.subarray(12) }
}

function padme(length: number): number {
  const e = Math.floor(Math.log2(length))
  const step = 2 ** (e - (Math.floor(Math.log2(e)) + 1))
  return Math.ceil(length / step) * step
}

function lp(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string)
      return [uint32(bytes.length), bytes]
    }),
  )
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
