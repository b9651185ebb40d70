import type { AuditedDocument, AuditOutcome } from '../audit/event.ts'
import { RowAddress } from '../crypto/associated-data.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { readCiphertext, readMask } from '../crypto/sealed-field.ts'
import { type ErrorCode, GatewayError } from '../errors.ts'
import type { Decisions, Outcome } from './decisions.ts'
import { maskValue, unpackMask } from './mask-value.ts'
import { type NeededKey, RowKeys } from './needed-keys.ts'
import type { PathCipher, PathCiphers, RowOwner } from './path-cipher.ts'
import { type FieldPolicy, type ModelPolicy, stored } from './policies.ts'
import { type DocumentsOf, type PlannedField, planReveal, type RevealPlan } from './reveal-plan.ts'
import { release } from './revealed.ts'
import type { Selection } from './selection.ts'
import { answerWithoutKey, StandIn } from './stand-in.ts'
import { isStoredObject } from './stored-object.ts'

export type StoredObject = Record<string, unknown>

/** Where the revealed values of a stored object are, by field name; an Error is what its field answers. */
const revealedFields: unique symbol = Symbol('revealed fields')

type RevealableObject = StoredObject & { [revealedFields]?: StoredObject }

export interface RevealOptions {
  readonly model: ModelPolicy
  readonly documents: readonly StoredObject[]
  readonly selection: Selection
  readonly decisions: Decisions
  readonly documentsOf: DocumentsOf
}

/** Releases, for one viewer, what a selection names of stored documents. */
export interface Revealer {
  /**
   * At most one key-service round for all documents, none when their keys are cached; and one for masks that stand in for
   * values whose keys are not available. Nothing that the viewer may not see in clear is decrypted; a field that cannot be
   * read fails alone.
   */
  reveal(options: RevealOptions): Promise<void>
}

export function createRevealer(ring: KeyRing, ciphers: PathCiphers): Revealer {
  return {
    async reveal(options) {
      const collection = collectTasks(options, ciphers)
      if (collection.tasks.length === 0) return
      const lease = ring.openLease()
      try {
        const { tasks, keys } = collection
        const collecting = lease.collectForRead(keys)
        if (collecting !== undefined) await collecting
        for (const key of keys) key.take(lease)
        const count = keys.length
        const standIns = tasks.flatMap((task) => decryptTask(task, options.decisions) ?? [])
        if (standIns.length === 0) return
        const maskKeys = keys.slice(count)
        await lease.collectForRead(maskKeys)
        for (const key of maskKeys) key.take(lease)
        for (const task of standIns) decryptTask(task, options.decisions)
      } finally {
        lease.release()
      }
    },
  }
}

/**
 * The value that was released for a protected field, or an Error that says why there is none: given back, not thrown,
 * because GraphQL takes both alike and a list may hold hundreds.
 */
export function revealedValue(source: object, field: FieldPolicy): unknown {
  const slots = (source as RevealableObject)[revealedFields]
  const value = slots === undefined ? undefined : slots[field.name]
  return value ?? (value === null ? null : new GatewayError('LEAK_REFUSED', { coordinate: field.coordinate }))
}

/** A document that shows nothing but its id: every other field is FORBIDDEN. */
export function withhold(model: ModelPolicy, id: string): StoredObject {
  const document: StoredObject = { [stored.id]: id }
  const slots = { __proto__: null } as StoredObject
  Object.defineProperty(document, revealedFields, { value: slots })
  for (const { name, coordinate, stored: key } of model.fields) {
    if (key === stored.id) continue
    const forbidden = new GatewayError('FORBIDDEN', { coordinate })
    slots[name] = forbidden
    Object.defineProperty(document, key, {
      get: () => {
        throw forbidden
      },
    })
  }
  return document
}

interface DecryptTask {
  readonly slots: StoredObject
  readonly planned: PlannedField
  readonly outcome: Extract<Outcome, { state: 'clear' | 'masked' }>
  /** The whole of what is stored. */
  readonly value: unknown
  readonly bytes: Buffer
  readonly row: RowAddress
  readonly document: AuditedDocument
  readonly cipher: PathCipher
  readonly keys: RowKeys
  /** Undefined when the stored bytes name none. */
  readonly neededKey: NeededKey | undefined
  /** A mask for a viewer who would see the value, were its key available. */
  readonly standsIn: boolean
}

interface Collection {
  readonly tasks: DecryptTask[]
  readonly keys: NeededKey[]
}

/** A document on its way through the plan. */
interface Walk {
  readonly options: RevealOptions
  readonly tasks: DecryptTask[]
  readonly owner: RowOwner
  readonly document: AuditedDocument
  readonly owns: boolean
  /** Whether what is null was erased. */
  readonly redacted: boolean
  readonly keys: RowKeys
}

function collectTasks(options: RevealOptions, ciphers: PathCiphers): Collection {
  const { model, documents, selection, decisions, documentsOf } = options
  const collection: Collection = { tasks: [], keys: [] }
  if (selection.protected.length === 0 && selection.embedded.length === 0) return collection
  let planned: { readonly tenant: string; readonly plan: RevealPlan } | undefined
  for (const document of documents) {
    const owner: RowOwner = {
      tenant: String(document[stored.tenant]),
      subject: String(document[stored.subject]),
      id: String(document[stored.id]),
    }
    const { tenant } = owner
    if (planned?.tenant !== tenant) {
      const place = { collection: model.collection, tenant }
      const plan = planReveal(selection, '', { ...place, decisions, ciphers, documentsOf })
      planned = { tenant, plan }
    }
    const owns = decisions.subject !== undefined && owner.subject === decisions.subject
    const keys = new RowKeys(owner, collection.keys)
    const audited = { id: owner.id, subject: owner.subject }
    const { tasks } = collection
    const redacted = (document[stored.erased] ?? null) !== null
    const walk = { options, tasks, owner, document: audited, owns, redacted, keys }
    collectObject(document, planned.plan, [], walk)
  }
  return collection
}

function collectObject(
  object: RevealableObject,
  plan: RevealPlan,
  elements: readonly string[],
  walk: Walk,
): void {
  const { owner } = walk
  const slots = { __proto__: null } as StoredObject
  // By assignment: a property that is defined makes an object slow. JSON never shows symbols, and printing shows no value.
  object[revealedFields] = slots
  let row: RowAddress | undefined
  for (const planned of plan.fields) {
    const { field, cipher } = planned
    const outcome = walk.owns ? planned.own : planned.other
    const value = object[field.stored] ?? null
    if (outcome.state === 'hidden') {
      slots[field.name] = planned.forbidden
      planned.observe('hidden', walk.document)
    } else if (value === null && walk.redacted) {
      slots[field.name] = planned.erased
      planned.observe('erased', walk.document)
    } else if (value === null || cipher === undefined) {
      slots[field.name] = releasePlain(field, outcome, value, walk.options.decisions)
      planned.observe(outcome.state, walk.document)
    } else {
      row ??= new RowAddress(owner.subject, owner.id, elements)
      addTask(slots, planned, cipher, outcome, { value, row }, walk)
    }
  }
  for (const { field, plan: inner } of plan.embedded) {
    // What is inside of a hidden object is not decrypted either.
    if (slots[field.name] instanceof GatewayError) continue
    const value = object[field.stored]
    if (Array.isArray(value)) {
      for (const element of value as readonly unknown[]) {
        if (isStoredObject(element))
          collectObject(element, inner, [...elements, String(element[stored.id])], walk)
      }
    } else if (isStoredObject(value)) collectObject(value, inner, elements, walk)
  }
}

function releasePlain(field: FieldPolicy, outcome: Outcome, value: unknown, decisions: Decisions): unknown {
  if (field.type.kind === 'embedded') return value
  const mask = outcome.state === 'masked' ? field.masks[outcome.mask] : undefined
  return release(field, decisions, mask === undefined ? value : maskValue(field, mask, value))
}

function addTask(
  slots: StoredObject,
  planned: PlannedField,
  cipher: PathCipher,
  outcome: DecryptTask['outcome'],
  { value, row }: { value: unknown; row: RowAddress },
  { document, keys, tasks }: Walk,
): void {
  const { field } = planned
  const mask = outcome.state === 'masked' ? field.masks[outcome.mask] : undefined
  const bytes = mask === undefined ? readCiphertext(value) : readMask(value, mask.style)
  if (bytes === undefined || bytes === null) {
    // A mask that was not sealed yet hides the field; ciphertext that is none is a failure.
    const unsealed = bytes === null
    slots[field.name] = unsealed
      ? planned.forbidden
      : new GatewayError('DECRYPTION_FAILED', { coordinate: field.coordinate })
    planned.observe(unsealed ? 'hidden' : 'failed', document)
    return
  }
  const neededKey = keys.of(cipher, outcome.state === 'clear' ? 'REVEAL' : 'MASK', bytes)
  const standsIn = false
  tasks.push({ slots, planned, outcome, value, bytes, row, document, cipher, keys, neededKey, standsIn })
}

/** What is nobody's fault is no failure: alarms go off by that word. */
const outcomesOf: Partial<Record<ErrorCode, AuditOutcome>> = {
  FORBIDDEN: 'hidden',
  ERASED: 'erased',
  KEY_UNAVAILABLE: 'unavailable',
}

/** @returns what is to be decrypted in its place, where its key is not available. */
function decryptTask(task: DecryptTask, decisions: Decisions): DecryptTask | undefined {
  const { slots, planned, outcome, document, standsIn } = task
  const { field } = planned
  try {
    const value = release(field, decisions, decrypt(task))
    slots[field.name] = standsIn ? new StandIn('MASK', value) : value
    planned.observe(outcome.state, document)
  } catch (error) {
    const failure = error instanceof GatewayError ? error.code : 'DECRYPTION_FAILED'
    // What was asked for is the value, whatever became of the mask.
    const code = standsIn ? 'KEY_UNAVAILABLE' : failure
    const standIn = code === 'KEY_UNAVAILABLE' ? standInFor(task) : undefined
    if (standIn !== undefined) return standIn
    const withNull = code === 'KEY_UNAVAILABLE' && answerWithoutKey(field) === 'NULL'
    slots[field.name] = withNull
      ? new StandIn('NULL', null)
      : new GatewayError(code, { coordinate: field.coordinate })
    planned.observe(outcomesOf[code] ?? 'failed', document)
  }
  return undefined
}

/** Undefined where no mask stands in, or none was sealed. */
function standInFor(task: DecryptTask): DecryptTask | undefined {
  const { planned, outcome, value, cipher, keys } = task
  const { field } = planned
  if (outcome.state !== 'clear' || outcome.standIn === undefined) return undefined
  const mask = answerWithoutKey(field) === 'MASK' ? field.masks[outcome.standIn] : undefined
  const bytes = mask === undefined ? undefined : readMask(value, mask.style)
  if (bytes === undefined || bytes === null) return undefined
  return {
    ...task,
    outcome: { state: 'masked', mask: outcome.standIn },
    bytes,
    neededKey: keys.of(cipher, 'MASK', bytes),
    standsIn: true,
  }
}

function decrypt({ planned, outcome, bytes, row, cipher, neededKey }: DecryptTask): unknown {
  const { field } = planned
  if (neededKey === undefined) throw new GatewayError('DECRYPTION_FAILED')
  if (outcome.state === 'clear') return cipher.value.decrypt(neededKey.key, row, bytes)
  const mask = field.masks[outcome.mask]
  const value =
    mask === undefined ? undefined : unpackMask(field, mask, cipher.mask.decrypt(neededKey.key, row, bytes))
  if (value === undefined) throw new GatewayError('FORBIDDEN')
  return value
}
