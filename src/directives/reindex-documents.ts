import { RowAddress } from '../crypto/associated-data.ts'
import { keyIdOf } from '../crypto/ciphertext.ts'
import type { KeyLease, KeyRequest } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { readSealed, SealedField, type SealedParts, type TermSlot } from '../crypto/sealed-field.ts'
import type { TermCounts, TermPlan, TermPlans } from '../crypto/term-plan.ts'
import { GatewayError } from '../errors.ts'
import type { PathCipher, PathCiphers, RowOwner } from './path-cipher.ts'
import { type FieldPolicy, type ModelPolicy, stored } from './policies.ts'
import type { ReencryptedDocument } from './reencrypt-documents.ts'

type StoredObject = Readonly<Record<string, unknown>>
type Terms = SealedParts['terms']

export interface ReindexOutcome {
  readonly changed: readonly ReencryptedDocument[]
  /** By the names of tuples. */
  readonly counts: ReadonlyMap<string, TermCounts>
}

/**
 * Makes the index terms of documents as plan: it decrypts every value, computes its terms and compares. Ciphertexts and
 * masked forms stay. Terms that shall be gone go also where the value does not open; an erased value needs no others.
 *
 * @param plans - by the names of tuples; other paths are left alone.
 */
export type Reindexer = (
  documents: readonly StoredObject[],
  model: ModelPolicy,
  plans: TermPlans,
) => Promise<ReindexOutcome>

export function createReindexer(ring: KeyRing, ciphers: PathCiphers): Reindexer {
  return async (documents, model, plans) => {
    const items = documents.flatMap((document) => itemsOf(document, model, plans, ciphers))
    const counts = new Map<string, { -readonly [Name in keyof TermCounts]: number }>()
    const changed = new Map<StoredObject, Map<string, SealedField>>()
    const lease = ring.openLease()
    try {
      await lease.collectForRead(items.flatMap(requestsOf))
      for (const item of items) {
        const { terms, unreadable } = termsOf(item, lease)
        const { parts, cipher, document, field } = item
        const before = parts?.terms ?? {}
        const surplus = slots.some((slot) => before[slot] !== undefined && !item.slots.has(slot))
        const wrong = slots.some((slot) => terms[slot]?.equals(before[slot] ?? empty) === false)
        const { name } = cipher.indexKey
        const count = counts.get(name) ?? { wrong: 0, surplus: 0, unreadable: 0, unavailable: 0 }
        counts.set(name, count)
        if (surplus) count.surplus += 1
        if (wrong) count.wrong += 1
        if (unreadable !== undefined) count[unreadable] += 1
        if (parts === undefined || !(surplus || wrong)) continue
        const kept = Object.entries(before).filter(([slot]) => item.slots.has(slot as TermSlot))
        const next = { ...(Object.fromEntries(kept) as Terms), ...terms }
        const origin = { collection: model.collection, path: field.stored, id: item.owner.id }
        const sealed = changed.get(document) ?? new Map<string, SealedField>()
        changed.set(document, sealed.set(field.stored, new SealedField(origin, { ...parts, terms: next })))
      }
      return { counts, changed: [...changed].map(([document, sealed]) => ({ document, sealed })) }
    } finally {
      lease.release()
    }
  }
}

const slots = ['t0', 't1'] as const satisfies readonly TermSlot[]
const empty = Buffer.alloc(0)

interface Item {
  readonly document: StoredObject
  readonly field: FieldPolicy
  readonly owner: RowOwner
  readonly cipher: PathCipher
  readonly plan: TermPlan
  /** Those that may hold a term. */
  readonly slots: ReadonlySet<TermSlot>
  /** Undefined when what is stored is no sealed field. */
  readonly parts: SealedParts | undefined
}

function itemsOf(
  document: StoredObject,
  { collection, fields }: ModelPolicy,
  plans: TermPlans,
  ciphers: PathCiphers,
): Item[] {
  const owner = {
    tenant: String(document[stored.tenant]),
    subject: String(document[stored.subject]),
    id: String(document[stored.id]),
  }
  return fields.flatMap((field): Item[] => {
    const raw = document[field.stored]
    const isSearchable = field.protection.kind === 'encrypted' && field.protection.searchable
    if (!isSearchable || raw === null || raw === undefined) return []
    const cipher = ciphers.of({ collection, path: field.stored, field }, owner.tenant)
    const plan = plans.get(cipher.indexKey.name)
    if (plan === undefined) return []
    const named = new Set([...plan.filled.map(({ slot }) => slot), ...plan.kept])
    return [{ document, field, owner, cipher, plan, slots: named, parts: readSealed(raw) }]
  })
}

function requestsOf({ owner, cipher, plan: { tuple, filled }, parts }: Item): KeyRequest[] {
  const keyId = parts === undefined ? undefined : keyIdOf(parts.ciphertext)
  return [
    ...(keyId === undefined ? [] : [{ tuple: cipher.revealKey(owner), keyId }]),
    ...filled.map((generation) => ({ tuple, keyId: generation.keyId })),
  ]
}

function termsOf(
  { owner, cipher, plan: { tuple, filled }, parts }: Item,
  lease: KeyLease,
): { readonly terms: Terms; readonly unreadable?: 'unreadable' | 'unavailable' } {
  try {
    if (parts === undefined) throw new GatewayError('DECRYPTION_FAILED')
    const key = lease.readKey(cipher.revealKey(owner), keyIdOf(parts.ciphertext))
    const value = cipher.value.decrypt(key, new RowAddress(owner.subject, owner.id), parts.ciphertext)
    const terms: { -readonly [Slot in keyof Terms]: Terms[Slot] } = {}
    for (const { slot, keyId, version } of filled)
      terms[slot] = cipher.index?.at(version).term(lease.readKey(tuple, keyId), value)
    return { terms }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    if (error.code === 'ERASED') return { terms: {} }
    return { terms: {}, unreadable: error.code === 'KEY_UNAVAILABLE' ? 'unavailable' : 'unreadable' }
  }
}
