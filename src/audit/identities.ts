import { RowAddress } from '../crypto/associated-data.ts'
import type { DataKey } from '../crypto/data-key.ts'
import { FieldCipher } from '../crypto/field-cipher.ts'
import { createKeyTuple, type KeyTuple } from '../crypto/key-tuple.ts'
import type { AuditedDocument, AuditEvent } from './event.ts'

/** What of a record could identify someone; stored encrypted. */
export interface Identities {
  readonly viewer: string | null
  /** Of each event, in the order of the record. */
  readonly documents: readonly (readonly AuditedDocument[])[]
}

/** Where in the log: what a sealed part is bound to. */
export interface RecordPlace {
  readonly chain: string
  readonly sequence: number
}

/** One key of each tenant: a record is one request, and encrypts once however many people it is about. */
export function identitiesKeyTuple(tenant: string): KeyTuple {
  return createKeyTuple({ tenant, scope: 'TENANT', scopeId: '' }, 'AUDIT_LOG', 'REVEAL')
}

function cipherOf(tenant: string): FieldCipher {
  return new FieldCipher({
    purpose: 'REVEAL',
    tenant,
    collection: 'sealgateAudit',
    path: 'sealed',
    type: 'STRING',
    suite: 2,
  })
}

/** A document alone where it is its own subject; a list that is that of an earlier event, by the number of that event. */
type PackedDocument = string | readonly [id: string, subject: string]
type PackedList = readonly PackedDocument[] | number

/** What is encrypted, as JSON. */
interface Packed {
  readonly viewer: string | null
  readonly documents: readonly PackedList[]
}

export function sealIdentities(
  key: DataKey,
  tenant: string,
  { chain, sequence }: RecordPlace,
  viewer: string | null,
  events: readonly AuditEvent[],
): Buffer {
  const lists = events.map(({ documents }) => documents)
  const packed: Packed = {
    viewer,
    documents: lists.map((list, index) => {
      const same = lists.findIndex((other) => areSame(other, list))
      return same < index ? same : pack(list)
    }),
  }
  return cipherOf(tenant).encrypt(key, new RowAddress(chain, String(sequence)), JSON.stringify(packed))
}

/** @throws DECRYPTION_FAILED when anything differs: key, tenant, chain, sequence, any bit */
export function openIdentities(
  key: DataKey,
  tenant: string,
  { chain, sequence }: RecordPlace,
  sealed: Buffer,
): Identities {
  const text = cipherOf(tenant).decrypt(key, new RowAddress(chain, String(sequence)), sealed)
  const { viewer, documents } = JSON.parse(String(text)) as Packed
  return {
    viewer,
    documents: documents.map((list) => {
      const packed = typeof list === 'number' ? documents[list] : list
      return typeof packed === 'object' ? packed.map(unpack) : []
    }),
  }
}

function areSame(one: readonly AuditedDocument[], other: readonly AuditedDocument[]): boolean {
  return one.length === other.length && one.every((document, at) => isSame(document, other[at]))
}

function isSame(one: AuditedDocument, other: AuditedDocument | undefined): boolean {
  return one === other || (one.id === other?.id && one.subject === other.subject)
}

/** A list inside of a document is one thing that happened to it: neighbours that are the same count once. */
function pack(documents: readonly AuditedDocument[]): readonly PackedDocument[] {
  const packed: PackedDocument[] = []
  for (let at = 0; at < documents.length; at += 1) {
    const document = documents[at]
    if (document === undefined || isSame(document, documents[at - 1])) continue
    const { id, subject } = document
    packed.push(id === subject ? id : [id, subject])
  }
  return packed
}

function unpack(packed: PackedDocument): AuditedDocument {
  const [id, subject] = typeof packed === 'string' ? [packed, packed] : packed
  return { id, subject }
}
