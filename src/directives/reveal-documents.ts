import type { AuditedAct, AuditOutcome } from '../audit/event.ts'
import { RowAddress } from '../crypto/associated-data.ts'
import { keyIdOf } from '../crypto/ciphertext.ts'
import type { KeyLease, KeyRequest } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { readSealed } from '../crypto/sealed-field.ts'
import { GatewayError } from '../errors.ts'
import type { Decisions, Outcome } from './decisions.ts'
import { maskValue, unpackMask } from './mask-value.ts'
import type { PathCiphers } from './path-cipher.ts'
import { type RowOwner } from './path-cipher.ts'
import { type FieldPolicy, type ModelPolicy, stored } from './policies.ts'
import { release } from './revealed.ts'
import type { Selection } from './selection.ts'

export type StoredObject = Record<string, unknown>

/** Where the revealed values of a stored object are, by field name; an Error is thrown when its field resolves. */
const revealedFields: unique symbol = Symbol('revealed fields')

export interface RevealOptions {
  readonly model: ModelPolicy
  readonly documents: readonly StoredObject[]
  readonly selection: Selection
  readonly decisions: Decisions
  readonly observe: (event: AuditedAct) => void
}

/** Releases, for one viewer, what a selection names of stored documents. */
export interface Revealer {
  /**
   * At most one key-service round for all documents, none when their keys are cached. Nothing that the viewer may not see
   * in clear is decrypted; a field that cannot be read fails alone.
   */
  reveal(options: RevealOptions): Promise<void>
}

export function createRevealer(ring: KeyRing, ciphers: PathCiphers): Revealer {
  return {
    async reveal(options) {
      const tasks: DecryptTask[] = []
      for (const document of options.documents) collectDocument(document, options, ciphers, tasks)
      if (tasks.length === 0) return
      const lease = ring.openLease()
      try {
        await lease.collectForRead(tasks.flatMap(requestOf))
        for (const task of tasks) decryptTask(task, lease, options)
      } finally {
        lease.release()
      }
    },
  }
}

/** The value that was released for a protected field. @throws the reason why there is none, LEAK_REFUSED if nobody released it */
export function revealedValue(source: object, field: FieldPolicy): unknown {
  const slots = (source as { [revealedFields]?: StoredObject })[revealedFields]
  const value = slots === undefined ? undefined : slots[field.name]
  if (value === undefined) throw new GatewayError('LEAK_REFUSED', { coordinate: field.coordinate })
  if (value instanceof Error) throw value
  return value
}

interface DecryptTask {
  readonly slots: StoredObject
  readonly field: FieldPolicy
  readonly outcome: Extract<Outcome, { state: 'clear' | 'masked' }>
  readonly bytes: Buffer
  readonly row: RowAddress
  readonly owner: RowOwner
  readonly cipher: ReturnType<PathCiphers['of']>
  readonly request: KeyRequest | undefined
}

interface Walk {
  readonly options: RevealOptions
  readonly ciphers: PathCiphers
  readonly tasks: DecryptTask[]
  readonly owner: RowOwner
  readonly owns: boolean
}

function collectDocument(
  document: StoredObject,
  options: RevealOptions,
  ciphers: PathCiphers,
  tasks: DecryptTask[],
): void {
  const { decisions } = options
  const owner: RowOwner = {
    tenant: String(document[stored.tenant]),
    subject: String(document[stored.subject]),
    id: String(document[stored.id]),
  }
  const owns = decisions.subject !== undefined && owner.subject === decisions.subject
  collectObject(document, options.selection, '', [], { options, ciphers, tasks, owner, owns })
}

function collectObject(
  object: StoredObject,
  selection: Selection,
  prefix: string,
  elements: readonly string[],
  walk: Walk,
): void {
  const slots = Object.create(null) as StoredObject
  Object.defineProperty(object, revealedFields, { value: slots, enumerable: false, configurable: true })
  let row: RowAddress | undefined
  for (const field of selection.protected) {
    const decision = walk.options.decisions.field(field.coordinate)
    const outcome = walk.owns ? decision.own : decision.other
    const value = object[field.stored] ?? null
    if (outcome.state === 'hidden') {
      slots[field.name] = new GatewayError('FORBIDDEN', { coordinate: field.coordinate })
      observe(walk, field, 'hidden')
    } else if (value === null || field.protection.kind !== 'encrypted') {
      slots[field.name] = releasePlain(field, outcome, value, walk.options.decisions)
      observe(walk, field, outcome.state)
    } else {
      row ??= new RowAddress(walk.owner.subject, walk.owner.id, elements)
      addTask(slots, field, outcome, value, { path: prefix + field.stored, row }, walk)
    }
  }
  for (const { field, selection: inner } of selection.embedded) {
    const value = object[field.stored]
    const path = `${prefix}${field.stored}.`
    if (Array.isArray(value)) {
      for (const element of value as readonly (StoredObject | null)[]) {
        if (element !== null)
          collectObject(element, inner, path, [...elements, String(element[stored.id])], walk)
      }
    } else if (typeof value === 'object' && value !== null) {
      collectObject(value as StoredObject, inner, path, elements, walk)
    }
  }
}

function releasePlain(field: FieldPolicy, outcome: Outcome, value: unknown, decisions: Decisions): unknown {
  if (field.type.kind === 'embedded') return value
  const mask = outcome.state === 'masked' ? field.masks[outcome.mask] : undefined
  return release(field, decisions, mask === undefined ? value : maskValue(field, mask, value))
}

function addTask(
  slots: StoredObject,
  field: FieldPolicy,
  outcome: DecryptTask['outcome'],
  value: unknown,
  { path, row }: { path: string; row: RowAddress },
  walk: Walk,
): void {
  const { owner, ciphers, options } = walk
  const parts = readSealed(value)
  const mask = outcome.state === 'masked' ? field.masks[outcome.mask] : undefined
  const bytes = mask === undefined ? parts?.ciphertext : parts?.masks[mask.style]
  if (bytes === undefined) {
    // A mask that was not sealed yet hides the field; ciphertext that is none is a failure.
    const code = parts === undefined || mask === undefined ? 'DECRYPTION_FAILED' : 'FORBIDDEN'
    slots[field.name] = new GatewayError(code, { coordinate: field.coordinate })
    observe(walk, field, code === 'FORBIDDEN' ? 'hidden' : 'failed')
    return
  }
  const cipher = ciphers.of({ collection: options.model.collection, path, field }, owner.tenant)
  const tuple = outcome.state === 'clear' ? cipher.revealKey(owner) : cipher.maskKey(owner)
  const keyId = keyIdOf(bytes)
  const request = keyId === undefined ? undefined : { tuple, keyId }
  walk.tasks.push({ slots, field, outcome, bytes, row, owner, cipher, request })
}

function requestOf({ request }: DecryptTask): KeyRequest[] {
  return request === undefined ? [] : [request]
}

function decryptTask(task: DecryptTask, lease: KeyLease, options: RevealOptions): void {
  const { slots, field, outcome, request, row, bytes, cipher } = task
  const { coordinate } = field
  const note = (result: AuditOutcome): void => {
    options.observe({ coordinate, subject: task.owner.subject, id: task.owner.id, outcome: result })
  }
  try {
    if (request === undefined) throw new GatewayError('DECRYPTION_FAILED')
    const key = lease.readKey(request.tuple, request.keyId)
    let value: unknown
    if (outcome.state === 'clear') value = cipher.value.decrypt(key, row, bytes)
    else {
      const mask = field.masks[outcome.mask]
      value = mask === undefined ? undefined : unpackMask(field, mask, cipher.mask.decrypt(key, row, bytes))
      if (value === undefined) throw new GatewayError('FORBIDDEN')
    }
    slots[field.name] = release(field, options.decisions, value)
    note(outcome.state)
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : 'DECRYPTION_FAILED'
    slots[field.name] = new GatewayError(code, { coordinate })
    note(code === 'FORBIDDEN' ? 'hidden' : 'failed')
  }
}

function observe({ options, owner }: Walk, field: FieldPolicy, outcome: AuditOutcome): void {
  options.observe({ coordinate: field.coordinate, subject: owner.subject, id: owner.id, outcome })
}
