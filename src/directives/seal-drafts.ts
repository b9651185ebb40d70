import { hash } from '@node-rs/argon2'

import { RowAddress } from '../crypto/associated-data.ts'
import { BlindIndex } from '../crypto/blind-index.ts'
import type { IndexPath } from '../crypto/index-keys.ts'
import type { KeyLease } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { createKeyTuple, type KeyHolder, type KeyTuple } from '../crypto/key-tuple.ts'
import { readSealed, SealedField, type SealedParts } from '../crypto/sealed-field.ts'
import { GatewayError } from '../errors.ts'
import { masks, type Pseudonym } from '../masking/index.ts'
import type { Draft, PendingValue } from './draft.ts'
import { maskValue, packMask } from './mask-value.ts'
import type { PathCipher, PathCiphers } from './path-cipher.ts'

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const argon2Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Seals drafts in place: after `seal`, every pending and kept value of them is a {@link SealedField}. */
export interface Sealer {
  /**
   * One key-service round for all drafts together, none when their keys are cached.
   * @returns for each draft undefined, or why it must not be stored: one of its values cannot be encrypted, because it is
   * too long or not to be normalised; or its subject was erased
   * @throws KEY_UNAVAILABLE or ERASED when any other key cannot be had; then nothing was sealed
   */
  seal(drafts: readonly Draft[]): Promise<readonly (GatewayError | undefined)[]>
}

export function createSealer(ring: KeyRing, ciphers: PathCiphers): Sealer {
  return {
    async seal(drafts) {
      for (const draft of drafts) keepStored(draft)
      const failures = new Map<Draft, GatewayError>()
      const tasks = drafts.flatMap((draft) => createTasks(draft, ciphers))
      await refuseErased(drafts.filter(needsNoKeyOfSubject(tasks)), ring, failures)
      if (tasks.length === 0) return drafts.map((draft) => failures.get(draft))
      const lease = ring.openLease()
      try {
        const indexes = indexesOf(tasks)
        const collect = () =>
          Promise.all([collectKeys(tasks, lease, failures), lease.collectIndexes(indexes)])
        await collect().catch(async (error: unknown) => {
          if (!(error instanceof GatewayError) || error.code !== 'ERASED') throw error
          await refuseErased(drafts, ring, failures, true)
          await collect()
        })
        const hashes = await hashPending(tasks, lease, failures)
        // Hashing took its time: terms are made as the key states are now.
        if (hashes.size > 0) await lease.collectIndexes(indexes)
        for (const task of tasks) {
          if (failures.has(task.draft)) continue
          try {
            const { container, key, value } = task.pending
            container[key] = sealTask(task, hashes.get(task) ?? value, lease)
          } catch (error) {
            failures.set(task.draft, refusal(task.pending, error))
          }
        }
        return drafts.map((draft) => failures.get(draft))
      } finally {
        lease.release()
      }
    },
  }
}

/** Keys of a subject are not to be had when it was erased. What needs none of them is about it all the same. */
function needsNoKeyOfSubject(tasks: readonly SealTask[]): (draft: Draft) => boolean {
  const needing = new Set(
    tasks.filter(({ keys }) => keys.reveal.holder.scope === 'SUBJECT').map(({ draft }) => draft),
  )
  return (draft) => !needing.has(draft)
}

async function refuseErased(
  drafts: readonly Draft[],
  ring: KeyRing,
  failures: Map<Draft, GatewayError>,
  anew = false,
): Promise<void> {
  const holders = drafts.map(({ tenant, subject }): KeyHolder => ({
    tenant,
    scope: 'SUBJECT',
    scopeId: subject,
  }))
  const erased = await ring.findErased(holders, anew)
  for (const [index, draft] of drafts.entries()) {
    const holder = holders[index]
    if (holder !== undefined && erased.has(holder)) failures.set(draft, new GatewayError('ERASED'))
  }
}

/** The keys of all drafts that nothing is known against. */
async function collectKeys(
  tasks: readonly SealTask[],
  lease: KeyLease,
  failures: ReadonlyMap<Draft, GatewayError>,
): Promise<void> {
  const wanted = tasks.filter(({ draft }) => !failures.has(draft)).flatMap(tuplesOf)
  await lease.collectForWrite([...new Map(wanted.map((tuple) => [tuple.name, tuple])).values()])
  for (const tuple of wanted) lease.writeKey(tuple)
}

/** The keys of one row that its fields of one kind share. */
interface RowKeys {
  readonly reveal: KeyTuple
  readonly mask: KeyTuple
}

interface SealTask {
  readonly draft: Draft
  readonly pending: PendingValue
  readonly cipher: PathCipher
  readonly row: RowAddress
  readonly keys: RowKeys
  readonly pseudonymKey: KeyTuple | undefined
}

function createTasks(draft: Draft, ciphers: PathCiphers): readonly SealTask[] {
  const rows = new Map<readonly string[], RowAddress>()
  const keysOfRow = new Map<string, RowKeys>()
  return draft.pending.map((pending) => {
    const { field, path, elements } = pending
    const cipher = ciphers.of({ collection: draft.model.collection, path, field }, draft.tenant)
    const row = rows.get(elements) ?? new RowAddress(draft.subject, draft.id, elements)
    rows.set(elements, row)
    const keys = keysOfRow.get(cipher.keyGroup) ?? {
      reveal: cipher.revealKey(draft),
      mask: cipher.maskKey(draft),
    }
    keysOfRow.set(cipher.keyGroup, keys)
    const keyed = field.masks.some((mask) => masks[mask.style].keyed)
    return {
      draft,
      pending,
      cipher,
      row,
      keys,
      pseudonymKey: keyed ? pseudonymTuple(draft.tenant) : undefined,
    }
  })
}

function indexesOf(tasks: readonly SealTask[]): readonly IndexPath[] {
  const paths = tasks.flatMap(({ cipher }) => cipher.searched ?? [])
  return [...new Map(paths.map((path) => [path.tuple.name, path])).values()]
}

function tuplesOf({ pending, cipher, keys, pseudonymKey }: SealTask): readonly KeyTuple[] {
  return [
    keys.reveal,
    ...(pending.field.masks.length > 0 ? [keys.mask] : []),
    ...(pending.field.protection.kind === 'hashed' ? [cipher.indexKey] : []),
    ...(pseudonymKey === undefined ? [] : [pseudonymKey]),
  ]
}

/** Hashing takes its time, so it is done before the synchronous part. */
async function hashPending(
  tasks: readonly SealTask[],
  lease: KeyLease,
  failures: Map<Draft, GatewayError>,
): Promise<ReadonlyMap<SealTask, string>> {
  const hashes = new Map<SealTask, string>()
  const hashed = tasks.filter(
    ({ draft, pending }) => pending.field.protection.kind === 'hashed' && !failures.has(draft),
  )
  await Promise.all(
    hashed.map(async (task) => {
      const { pending, cipher, draft } = task
      if (cipher.index === undefined) throw new GatewayError('INTERNAL_SERVER_ERROR')
      try {
        const peppered = cipher.index.term(lease.writeKey(cipher.indexKey), pending.value)
        hashes.set(task, await hash(peppered.toString('base64'), argon2Options))
      } catch (error) {
        failures.set(draft, refusal(pending, error))
      }
    }),
  )
  return hashes
}

/** Names the value in the input that is to blame. @throws what is not about a value */
function refusal({ field, inputPath }: PendingValue, error: unknown): GatewayError {
  if (!(error instanceof GatewayError) || error.httpStatus !== 400) throw error
  const message = `${inputPath} cannot be encrypted. ${error.message}`
  return new GatewayError(error.code, { message, coordinate: field.coordinate, inputPath })
}

function sealTask(task: SealTask, value: unknown, lease: KeyLease): SealedField {
  const { draft, pending, cipher, row } = task
  const { field, path } = pending
  const sealedMasks: Record<string, Buffer> = {}
  if (field.masks.length > 0) {
    const pseudonym =
      task.pseudonymKey === undefined ? undefined : createPseudonym(draft.tenant, task.pseudonymKey, lease)
    for (const mask of field.masks) {
      const packed = packMask(mask, maskValue(field, mask, value, pseudonym))
      sealedMasks[mask.style] = cipher.mask.encrypt(lease.writeKey(task.keys.mask), row, packed)
    }
  }
  const { terms, indexedAt } = createTerms(cipher, value, lease)
  const parts: SealedParts = {
    ciphertext: cipher.value.encrypt(lease.writeKey(task.keys.reveal), row, value),
    masks: sealedMasks,
    terms,
  }
  const origin = { collection: draft.model.collection, path, id: draft.id }
  return new SealedField(indexedAt === undefined ? origin : { ...origin, indexedAt }, parts)
}

/** A term under each generation of the key that the key states say is written. */
function createTerms(
  { index, searched }: PathCipher,
  value: unknown,
  lease: KeyLease,
): { readonly terms: SealedParts['terms']; readonly indexedAt: number | undefined } {
  if (index === undefined || searched === undefined) return { terms: {}, indexedAt: undefined }
  const { keys, takenAt } = lease.indexKeys(searched.tuple)
  const terms: { -readonly [Slot in keyof SealedParts['terms']]: Buffer } = {}
  for (const { slot, version, key } of keys.written) terms[slot] = index.at(version).term(key, value)
  return { terms, indexedAt: takenAt }
}

function pseudonymTuple(tenant: string): KeyTuple {
  return createKeyTuple({ tenant, scope: 'PATH', scopeId: 'pseudonym' }, 'PII', 'INDEX')
}

function createPseudonym(tenant: string, key: KeyTuple, lease: KeyLease): Pseudonym {
  const index = new BlindIndex({ tenant, collection: '', path: 'pseudonym', type: 'STRING', normalize: [] })
  return (text) => index.term(lease.writeKey(key), text)
}

function keepStored({ model, id, kept }: Draft): void {
  for (const { container, key, path, raw } of kept) {
    const parts = readSealed(raw)
    if (parts === undefined) throw new GatewayError('DECRYPTION_FAILED')
    container[key] = new SealedField({ collection: model.collection, path, id }, parts)
  }
}
