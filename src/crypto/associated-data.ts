import { headerLength } from './ciphertext.ts'
import type { KeyPurpose } from './key-provider.ts'
import { lengthPrefixed } from './length-prefixed.ts'

/** The `_id` of a document or of an embedded element. */
export type DocumentId = string

export interface FieldCoordinates {
  readonly purpose: KeyPurpose
  readonly tenant: string
  readonly collection: string
  /** The stored path without list positions, such as `cards.number`. */
  readonly path: string
}

/** The part of the associated data that all rows share. */
function encodeFieldCoordinates({ purpose, tenant, collection, path }: FieldCoordinates): Buffer {
  return lengthPrefixed(['sealgate/field/v1', purpose, tenant, collection, path])
}

/** Where in a collection a value is: its subject, its document, and the list elements around it, outermost first. */
export class RowAddress {
  /** The part of the associated data that all fields of the row share. */
  readonly bytes: Buffer

  constructor(subject: string, id: DocumentId, elements: readonly DocumentId[] = []) {
    this.bytes = lengthPrefixed([subject, encodeDocumentId(id), ...elements.map(encodeDocumentId)])
  }
}

/** The BSON type byte (string: 0x02) first, so that ids of different types never give the same bytes. */
function encodeDocumentId(id: DocumentId): string {
  return `\x02${id}`
}

/**
 * What the ciphertexts of one field are bound to: the field, the row and the header, each part preceded by its length.
 * Neighbours in a list differ in little and are as long as each other, so one buffer is filled again and again.
 */
export class AssociatedData {
  readonly #field: Buffer
  #bytes = Buffer.alloc(0)

  constructor(field: FieldCoordinates) {
    this.#field = encodeFieldCoordinates(field)
  }

  /** @returns bytes that hold until the next call. */
  of(row: RowAddress, stored: Buffer): Buffer {
    const rowStart = this.#field.length
    const headerStart = rowStart + row.bytes.length
    const length = headerStart + 4 + headerLength
    if (this.#bytes.length !== length) {
      this.#bytes = Buffer.alloc(length)
      this.#bytes.set(this.#field, 0)
      this.#bytes.writeUInt32BE(headerLength, headerStart)
    }
    const bytes = this.#bytes
    bytes.set(row.bytes, rowStart)
    // Faster than a copy of so few bytes, which would need a view first.
    for (let at = 0; at < headerLength; at += 1) bytes[headerStart + 4 + at] = stored[at] ?? 0
    return bytes
  }
}
