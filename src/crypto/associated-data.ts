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

/** The part of the associated data that all rows share; made once per tenant and protected path. */
export function encodeFieldCoordinates({ purpose, tenant, collection, path }: FieldCoordinates): Buffer {
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

/** What a field's ciphertext is bound to: the field, the row and the header, each part preceded by its length. */
export function associatedData(field: Buffer, row: RowAddress, header: Buffer): Buffer {
  const headerStart = field.length + row.bytes.length
  const aad = Buffer.allocUnsafe(headerStart + 4 + header.length)
  aad.set(field, 0)
  aad.set(row.bytes, field.length)
  aad.writeUInt32BE(header.length, headerStart)
  aad.set(header, headerStart + 4)
  return aad
}
