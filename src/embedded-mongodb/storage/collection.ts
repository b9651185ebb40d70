import { CommandError } from '../command-error.ts'
import { type BsonDocument, decodeDocument, encodeDocument, maxDocumentBytes } from '../bson/document.ts'
import { encodeValueKey, invertKey } from '../bson/index-key.ts'
import { fieldOf } from '../bson/document-path.ts'
import { duplicateKeyError } from './duplicate-key.ts'
import { computeIndexEntries, type IndexEntries } from './index-entries.ts'
import type { IndexDefinition } from './index-definition.ts'
import { exceeds, idKeyOf, type KeyKind, keyPrefix, prefixBytes } from './storage-key.ts'
import type { Store } from './store.ts'

/** An index with the state its entries have brought it to. */
export interface StoredIndex extends IndexDefinition {
  readonly id: number
  /** Some document put an array under an indexed path: a document may have several entries. */
  multikey: boolean
  /** Some key was cut: the order of keys is no longer exactly that of values. */
  shortened: boolean
  /** Still being filled: kept up by writes, not used by queries, dropped at a restart. */
  building: boolean
  /** Decides which documents a partial index covers. */
  readonly covers: (document: BsonDocument) => boolean
}

export interface CollectionState {
  readonly id: number
  readonly database: string
  readonly name: string
  readonly uuid: Buffer
  indexes: StoredIndex[]
  /** Some `_id` was cut: documents are no longer exactly in the order of `_id`. */
  idsShortened: boolean
  documentCount: number
  documentBytes: number
}

export interface StoredDocument {
  readonly idKey: Buffer
  readonly bytes: Buffer
}

interface IndexChange {
  readonly index: StoredIndex
  readonly before: IndexEntries
  readonly after: IndexEntries
}

const nothing: IndexEntries = { keys: [], multikey: false, shortened: false }

/**
 * The documents of one collection, kept in the order of `_id`, and their index entries. The methods that change
 * something run within a write of the store; each checks everything first and then writes the document together with
 * its entries, or throws and writes nothing.
 */
export class Collection {
  readonly state: CollectionState
  /** The catalog persists the state after the transaction that set this. */
  countChanged = false
  definitionChanged = false
  dropped = false
  readonly #store: Store

  constructor(store: Store, state: CollectionState) {
    this.#store = store
    this.state = state
  }

  get namespace(): string {
    return `${this.state.database}.${this.state.name}`
  }

  documentKey(idKey: Buffer): Buffer {
    return Buffer.concat([keyPrefix('document', this.state.id), idKey])
  }

  get(idKey: Buffer): Buffer | undefined {
    return this.#store.get(this.documentKey(idKey))
  }

  /** Stores a new document, which has an `_id`. Throws DuplicateKey if that or a unique index key is taken. */
  insert(document: BsonDocument, bytes: Buffer): void {
    checkSize(bytes)
    const idCode = encodeValueKey(document._id)
    const idKey = idKeyOf(document._id)
    const key = this.documentKey(idKey)
    if (this.#store.get(key) !== undefined) {
      throw duplicateKeyError(this.namespace, '_id_', { _id: 1 }, { _id: document._id })
    }
    const changes = this.#planChanges(idKey, undefined, document)
    if (exceeds('id', idCode) && !this.state.idsShortened) {
      this.state.idsShortened = true
      this.definitionChanged = true
    }
    this.#store.put(key, bytes)
    this.#applyChanges(idKey, changes)
    this.#count(1, bytes.length)
  }

  /** Replaces a stored document by one with the same `_id`. Returns its bytes. */
  replace(idKey: Buffer, before: BsonDocument, after: BsonDocument): Buffer {
    const bytes = encodeDocument(after)
    checkSize(bytes)
    const changes = this.#planChanges(idKey, before, after)
    const key = this.documentKey(idKey)
    const old = this.#store.get(key)
    this.#store.put(key, bytes)
    this.#applyChanges(idKey, changes)
    this.#count(0, bytes.length - (old?.length ?? 0))
    return bytes
  }

  remove(idKey: Buffer, document: BsonDocument): void {
    const changes = this.#planChanges(idKey, document, undefined)
    const key = this.documentKey(idKey)
    const old = this.#store.get(key)
    this.#store.remove(key)
    this.#applyChanges(idKey, changes)
    this.#count(-1, -(old?.length ?? 0))
  }

  /** Adds the entries of an already stored document to an index that is being built. */
  fillIndex(index: StoredIndex, { idKey, bytes }: StoredDocument): void {
    const document = decodeDocument(bytes)
    if (!index.covers(document)) return
    const change = { index, before: nothing, after: computeIndexEntries(index, document) }
    this.#checkUnique(idKey, document, change)
    this.#applyChanges(idKey, [change])
  }

  #planChanges(
    idKey: Buffer,
    before: BsonDocument | undefined,
    after: BsonDocument | undefined,
  ): IndexChange[] {
    return this.state.indexes.map((index) => {
      const change = { index, before: entriesOf(index, before), after: entriesOf(index, after) }
      if (index.unique && after !== undefined) this.#checkUnique(idKey, after, change)
      return change
    })
  }

  #checkUnique(idKey: Buffer, document: BsonDocument, { index, after }: IndexChange): void {
    if (!index.unique) return
    for (const fields of after.keys) {
      const holder = this.#store.get(Buffer.concat([keyPrefix('entry', index.id), fields]))
      if (holder === undefined || holder.equals(idKey)) continue
      const values = index.fields.map(({ name, path }) => [
        name,
        path.reduce<unknown>((value, part) => fieldOf(value, part), document) ?? null,
      ])
      throw duplicateKeyError(
        this.namespace,
        index.name,
        index.key,
        Object.fromEntries(values) as BsonDocument,
      )
    }
  }

  #applyChanges(idKey: Buffer, changes: readonly IndexChange[]): void {
    for (const { index, before, after } of changes) {
      const kept = new Set(after.keys.map((key) => key.toString('latin1')))
      for (const key of before.keys) {
        if (!kept.delete(key.toString('latin1'))) this.#store.remove(entryKey(index, key, idKey))
      }
      for (const text of kept) {
        const fields = Buffer.from(text, 'latin1')
        this.#store.put(entryKey(index, fields, idKey), entryValue(index, fields, idKey))
      }
      if ((after.multikey && !index.multikey) || (after.shortened && !index.shortened)) {
        index.multikey ||= after.multikey
        index.shortened ||= after.shortened
        this.definitionChanged = true
      }
    }
  }

  #count(documents: number, bytes: number): void {
    this.state.documentCount += documents
    this.state.documentBytes += bytes
    this.countChanged = true
  }
}

function checkSize(bytes: Buffer): void {
  if (bytes.length <= maxDocumentBytes) return
  throw new CommandError(
    'BSONObjectTooLarge',
    `object to insert too large. size in bytes: ${bytes.length}, max size: ${maxDocumentBytes}`,
  )
}

function entriesOf(index: StoredIndex, document: BsonDocument | undefined): IndexEntries {
  return document === undefined || !index.covers(document) ? nothing : computeIndexEntries(index, document)
}

/**
 * A unique index has one entry for a key, whose value is the document. Others have the document at the end of the key, in
 * the direction of the last field, so that they also order documents with equal fields by `_id`.
 */
function entryKey(index: StoredIndex, fields: Buffer, idKey: Buffer): Buffer {
  const prefix = keyPrefix('entry', index.id)
  if (index.unique) return Buffer.concat([prefix, fields])
  const id = idDescends(index) ? invertKey(Buffer.from(idKey)) : idKey
  return Buffer.concat([prefix, fields, id])
}

function entryValue(index: StoredIndex, fields: Buffer, idKey: Buffer): Buffer {
  if (index.unique) return idKey
  const value = Buffer.allocUnsafe(2)
  value.writeUInt16BE(fields.length)
  return value
}

/** Whether documents with equal fields are in the descending order of `_id` in an index. */
export function idDescends({ fields }: IndexDefinition): boolean {
  return fields.at(-1)?.descending === true
}

/** The document an index entry points to. */
export function idKeyOfEntry(index: StoredIndex, key: Buffer, value: Buffer): Buffer {
  if (index.unique) return value
  const id = key.subarray(prefixBytes + value.readUInt16BE(0))
  return idDescends(index) ? invertKey(Buffer.from(id)) : id
}

/** All keys of a kind that belong to a collection or index. */
export function wholeRange(kind: KeyKind, number: number): { low: Buffer; high: Buffer } {
  return { low: keyPrefix(kind, number), high: keyPrefix(kind, number + 1) }
}
