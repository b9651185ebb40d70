import { isDeepStrictEqual } from 'node:util'

import { RowAddress } from '../crypto/associated-data.ts'
import { keyIdOf, namesKey } from '../crypto/ciphertext.ts'
import type { DataKey } from '../crypto/data-key.ts'
import type { KeyLease, KeyRequest } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { createKeyTuple, type KeyScope, type KeyTuple } from '../crypto/key-tuple.ts'
import { readSealed, SealedField, type SealedParts } from '../crypto/sealed-field.ts'
import { GatewayError } from '../errors.ts'
import type { PathCipher, PathCiphers, RowOwner } from './path-cipher.ts'
import { type ModelPolicy, type Policies, stored } from './policies.ts'
import { scopeId } from './scope-id.ts'
import { type SealedValue, sealedValues } from './sealed-values.ts'

type StoredObject = Readonly<Record<string, unknown>>

/** Where the keys of values may lie besides where the schema says now. */
export interface FormerKeys {
  readonly scope?: KeyScope
  readonly keyType?: string
}

export interface ReencryptOptions {
  readonly model: ModelPolicy
  /** Values under keys of other types are left alone. */
  readonly keyTypes: ReadonlySet<string>
  readonly former: FormerKeys
  /** False: only counts. */
  readonly apply: boolean
}

/** New sealed fields of one document, by their path with list positions. */
export interface ReencryptedDocument {
  readonly document: StoredObject
  readonly sealed: ReadonlyMap<string, SealedField>
}

export interface ReencryptOutcome {
  readonly changed: readonly ReencryptedDocument[]
  /** Values that are not under their current key and suite, as they were read. */
  readonly stale: number
  /** Of these: values that do not open. */
  readonly failed: number
  /** Of these: values whose keys could not be had, disabled ones among them. */
  readonly unavailable: number
}

/**
 * Encrypts the values of documents anew that are not under the current data key of their holder, or not in the suite that
 * their scope asks for. Masked forms go with their value; index terms stay, because their keys do. Every new form was
 * decrypted again and is what was read before it replaces anything.
 */
export type Reencryptor = (
  documents: readonly StoredObject[],
  options: ReencryptOptions,
) => Promise<ReencryptOutcome>

export function createReencryptor(ring: KeyRing, ciphers: PathCiphers, policies: Policies): Reencryptor {
  return async (documents, options) => {
    const rows = documents
      .map((document) => layOutRow(document, options, ciphers, policies))
      .filter(({ items }) => items.length > 0)
    const lease = ring.openLease()
    try {
      const { ready, erased } = await collectCurrent(rows, lease)
      const stale = rows.flatMap((row) =>
        ready.has(row) ? row.items.filter((item) => isStale(item, lease)) : [],
      )
      const outcome = { stale: stale.length, failed: 0, unavailable: 0 }
      for (const row of rows) if (!ready.has(row) && !erased.has(row)) outcome.unavailable += row.items.length
      outcome.stale += outcome.unavailable
      if (!options.apply || stale.length === 0) return { ...outcome, changed: [] }
      await lease.collectForRead(stale.flatMap(requestsOf))
      const changed = new Map<Row, Map<string, SealedField>>()
      for (const item of stale) {
        try {
          const sealed = changed.get(item.row) ?? new Map<string, SealedField>()
          sealed.set(item.value.position, reencrypt(item, lease))
          changed.set(item.row, sealed)
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
          outcome[error.code === 'KEY_UNAVAILABLE' ? 'unavailable' : 'failed'] += 1
        }
      }
      return {
        ...outcome,
        changed: [...changed].map(([{ document }, sealed]) => ({ document, sealed })),
      }
    } finally {
      lease.release()
    }
  }
}

interface Row {
  readonly document: StoredObject
  readonly collection: string
  readonly owner: RowOwner
  readonly items: Item[]
}

interface Item {
  readonly row: Row
  readonly value: SealedValue
  /** Undefined when what is stored is no sealed field. */
  readonly parts: SealedParts | undefined
  readonly cipher: PathCipher
  readonly address: RowAddress
  readonly reveal: readonly [current: KeyTuple, ...former: KeyTuple[]]
  readonly mask: readonly [current: KeyTuple, ...former: KeyTuple[]]
}

function layOutRow(
  document: StoredObject,
  { model, keyTypes, former }: ReencryptOptions,
  ciphers: PathCiphers,
  policies: Policies,
): Row {
  const { collection } = model
  const owner = {
    tenant: String(document[stored.tenant]),
    subject: String(document[stored.subject]),
    id: String(document[stored.id]),
  }
  const row: Row = { document, collection, owner, items: [] }
  for (const value of sealedValues(document, model, policies)) {
    const { path, field, elements, raw } = value
    const cipher = ciphers.of({ collection, path, field }, owner.tenant)
    const [reveal, mask] = [cipher.revealKey(owner), cipher.maskKey(owner)]
    if (!keyTypes.has(reveal.keyType)) continue
    row.items.push({
      row,
      value,
      parts: readSealed(raw),
      cipher,
      address: new RowAddress(owner.subject, owner.id, elements),
      reveal: [reveal, ...formerTuples(reveal, former, owner, collection)],
      mask: [mask, ...formerTuples(mask, former, owner, collection)],
    })
  }
  return row
}

function formerTuples(
  { holder, keyType, purpose }: KeyTuple,
  former: FormerKeys,
  owner: RowOwner,
  collection: string,
): KeyTuple[] {
  if (former.scope === undefined && former.keyType === undefined) return []
  const scope = former.scope ?? holder.scope
  const formerHolder = { tenant: holder.tenant, scope, scopeId: scopeId(scope, owner, collection) }
  return [createKeyTuple(formerHolder, former.keyType ?? keyType, purpose)]
}

/**
 * Gets the current keys of all rows at once; where one cannot be had, row by row.
 *
 * @returns the rows that have theirs, and those whose subjects are being erased, of which another job takes care
 */
async function collectCurrent(
  rows: readonly Row[],
  lease: KeyLease,
): Promise<{ readonly ready: ReadonlySet<Row>; readonly erased: ReadonlySet<Row> }> {
  const tuplesOf = ({ items }: Row): KeyTuple[] =>
    items.flatMap(({ reveal, mask, parts }) => [
      reveal[0],
      ...(parts !== undefined && Object.keys(parts.masks).length > 0 ? [mask[0]] : []),
    ])
  try {
    await lease.collectForWrite(rows.flatMap(tuplesOf))
    return { ready: new Set(rows), erased: new Set() }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
  }
  const ready = new Set<Row>()
  const erased = new Set<Row>()
  for (const row of rows) {
    try {
      await lease.collectForWrite(tuplesOf(row))
      // What was collected in vain before is not asked for again, and says so here.
      for (const tuple of tuplesOf(row)) lease.writeKey(tuple)
      ready.add(row)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      if (error.code === 'ERASED') erased.add(row)
    }
  }
  return { ready, erased }
}

function isStale({ parts, cipher, reveal, mask }: Item, lease: KeyLease): boolean {
  if (parts === undefined) return true
  if (!namesKey(parts.ciphertext, lease.writeKey(reveal[0]).keyId)) return true
  if (parts.ciphertext[1] !== cipher.suite) return true
  return Object.values(parts.masks).some(
    (bytes) => !namesKey(bytes, lease.writeKey(mask[0]).keyId) || bytes[1] !== cipher.suite,
  )
}

function requestsOf({ parts, reveal, mask }: Item): KeyRequest[] {
  if (parts === undefined) return []
  const requests: KeyRequest[] = []
  const ask = (tuples: readonly KeyTuple[], bytes: Buffer): void => {
    const keyId = keyIdOf(bytes)
    if (keyId !== undefined) for (const tuple of tuples) requests.push({ tuple, keyId })
  }
  ask(reveal, parts.ciphertext)
  for (const bytes of Object.values(parts.masks)) ask(mask, bytes)
  return requests
}

/** @throws DECRYPTION_FAILED, ERASED or KEY_UNAVAILABLE */
function reencrypt({ row, value, parts, cipher, address, reveal, mask }: Item, lease: KeyLease): SealedField {
  if (parts === undefined) throw new GatewayError('DECRYPTION_FAILED')
  const anew = (tuples: Item['reveal'], field: PathCipher['value'], bytes: Buffer): Buffer => {
    const key = readKey(tuples, keyIdOf(bytes), lease)
    const plaintext = field.decrypt(key, address, bytes)
    const current = lease.writeKey(tuples[0])
    const sealed = field.encrypt(current, address, plaintext)
    if (isDeepStrictEqual(field.decrypt(current, address, sealed), plaintext)) return sealed
    throw new GatewayError('DECRYPTION_FAILED')
  }
  const masks = Object.entries(parts.masks).map(([style, bytes]) => [style, anew(mask, cipher.mask, bytes)])
  return new SealedField(
    { collection: row.collection, path: value.path, id: row.owner.id },
    {
      ciphertext: anew(reveal, cipher.value, parts.ciphertext),
      masks: Object.fromEntries(masks) as Record<string, Buffer>,
      terms: parts.terms,
    },
  )
}

/** From the current holder, else from the former one. */
function readKey(tuples: readonly KeyTuple[], keyId: string | undefined, lease: KeyLease): DataKey {
  let failure: unknown
  for (const tuple of tuples) {
    try {
      return lease.readKey(tuple, keyId)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}
