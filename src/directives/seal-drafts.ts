import { hash } from '@node-rs/argon2'

import { RowAddress } from '../crypto/associated-data.ts'
import { BlindIndex } from '../crypto/blind-index.ts'
import type { KeyLease } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { createKeyTuple, type KeyTuple } from '../crypto/key-tuple.ts'
import { readSealed, SealedField, type SealedParts, type TermSlot } from '../crypto/sealed-field.ts'
import { GatewayError } from '../errors.ts'
import { masks, type Pseudonym } from '../masking/index.ts'
import type { Draft, PendingValue } from './draft.ts'
import { maskValue, packMask } from './mask-value.ts'
import type { PathCipher, PathCiphers } from './path-cipher.ts'

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const argon2Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** The blind index has one key generation so far; its parity names the slot. */
const termSlot: TermSlot = 't0'

/** Seals drafts in place: after `seal`, every pending and kept value of them is a {@link SealedField}. */
export interface Sealer {
  /**
   * One key-service round for all drafts together, none when their keys are cached.
   * @returns for each draft undefined, or why one of its values cannot be encrypted: too long, or not to be normalised;
   * such a draft must not be stored
   * @throws KEY_UNAVAILABLE or ERASED when any key cannot be had; then nothing was sealed
   */
  seal(drafts: readonly Draft[]): Promise<readonly (GatewayError | undefined)[]>
}

export function createSealer(ring: KeyRing, ciphers: PathCiphers): Sealer {
  return {
    async seal(drafts) {
      for (const draft of drafts) keepStored(draft)
      const tasks = drafts.flatMap((draft) => createTasks(draft, ciphers))
      if (tasks.length === 0) return drafts.map(() => undefined)
      const failures = new Map<Draft, GatewayError>()
      const lease = ring.openLease()
      try {
        const tuples = new Map(tasks.flatMap(tuplesOf).map((tuple) => [tuple.name, tuple]))
        await lease.collectForWrite([...tuples.values()])
        const hashes = await hashPending(tasks, lease, failures)
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

function tuplesOf({ pending, cipher, keys, pseudonymKey }: SealTask): readonly KeyTuple[] {
  return [
    keys.reveal,
    ...(pending.field.masks.length > 0 ? [keys.mask] : []),
    ...(cipher.index === undefined ? [] : [cipher.indexKey]),
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
  const hashed = tasks.filter(({ pending }) => pending.field.protection.kind === 'hashed')
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
  const indexed = field.protection.kind === 'encrypted' ? cipher.index : undefined
  const parts: SealedParts = {
    ciphertext: cipher.value.encrypt(lease.writeKey(task.keys.reveal), row, value),
    masks: sealedMasks,
    terms: indexed === undefined ? {} : { [termSlot]: indexed.term(lease.writeKey(cipher.indexKey), value) },
  }
  return new SealedField({ collection: draft.model.collection, path, id: draft.id }, parts)
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
