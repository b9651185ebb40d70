import { ciphertextSubtype } from './ciphertext.ts'

/** Where a sealed field belongs. The write guard lets it pass there and nowhere else. */
export interface SealedOrigin {
  readonly collection: string
  /** The stored path without list positions, such as `cards.number`. */
  readonly path: string
  /** The `_id` of the document. */
  readonly id: string
  /** Of a value with index terms: since when the keys of the terms may have changed, by `performance.now`. */
  readonly indexedAt?: number
}

/** Position of a blind-index term, by the parity of the index key's generation. */
export type TermSlot = 't0' | 't1'

export interface SealedParts {
  readonly ciphertext: Buffer
  /** Sealed masked forms by style. */
  readonly masks: Readonly<Record<string, Buffer>>
  readonly terms: Readonly<Partial<Record<TermSlot, Buffer>>>
}

/** Ciphertext, masked forms and index terms of one value: one unit, written, replaced and removed together. */
export class SealedField {
  readonly origin: SealedOrigin
  readonly parts: SealedParts

  constructor(origin: SealedOrigin, parts: SealedParts) {
    this.origin = origin
    this.parts = parts
  }
}

/** The ciphertext of a sealed field as the database returned it, without reading the rest; undefined when it is none. */
export function readCiphertext(raw: unknown): Buffer | undefined {
  return isRecord(raw) ? readBinary(raw.c) : undefined
}

/** One masked form of a sealed field, without reading the rest; null when it was not sealed, undefined when nothing was. */
export function readMask(raw: unknown, style: string): Buffer | null | undefined {
  if (readCiphertext(raw) === undefined) return undefined
  const { m: masks } = raw as { m?: unknown }
  if (!isRecord(masks) || !Object.hasOwn(masks, style)) return null
  return readBinary(masks[style])
}

/** Reads the stored form of a sealed field as the database returned it; undefined when it is none. */
export function readSealed(raw: unknown): SealedParts | undefined {
  if (!isRecord(raw)) return undefined
  const ciphertext = readBinary(raw.c)
  if (ciphertext === undefined) return undefined
  const masks: Record<string, Buffer> = {}
  for (const [style, value] of Object.entries(isRecord(raw.m) ? raw.m : {})) {
    const bytes = readBinary(value)
    if (bytes === undefined) return undefined
    masks[style] = bytes
  }
  const terms: Partial<Record<TermSlot, Buffer>> = {}
  for (const slot of ['t0', 't1'] as const) {
    if (raw[slot] === undefined) continue
    const bytes = readBinary(raw[slot])
    if (bytes === undefined) return undefined
    terms[slot] = bytes
  }
  return { ciphertext, masks, terms }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A BSON binary of our subtype, by its own marks, so that nothing here depends on a driver. */
function readBinary(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value
  if (!isRecord(value) || value._bsontype !== 'Binary') return undefined
  const { buffer, position, sub_type: subtype } = value
  if (subtype !== ciphertextSubtype || !(buffer instanceof Uint8Array) || typeof position !== 'number')
    return undefined
  if (Buffer.isBuffer(buffer) && buffer.length === position) return buffer
  return Buffer.from(buffer.buffer, buffer.byteOffset, position)
}
