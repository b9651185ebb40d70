import { GatewayError } from '../errors.ts'
import { escapesFormat, findMalformed, type ObjectToBe, objectToBe } from './check-formats.ts'
import { findUnstorable } from './find-unstorable.ts'
import type { Decisions } from './decisions.ts'
import type { KeptValue, PendingValue } from './draft.ts'
import { createId } from './create-id.ts'
import { type EmbeddedPolicy, type FieldPolicy, isStoredSealed, type Policies, stored } from './policies.ts'

type Input = Readonly<Record<string, unknown>>
type StoredObject = Readonly<Record<string, unknown>>

export interface WriteOptions {
  readonly policies: Policies
  readonly decisions: Decisions
  readonly action: 'create' | 'update'
  /** Whether the row's subject is the viewer's. */
  readonly owns: boolean
}

interface Place {
  /** For messages: where in the input. */
  readonly input: string
  /** Stored path prefix, with its dot. */
  readonly path: string
  readonly elements: readonly string[]
}

/**
 * Walks coerced input beside the policies and lays out what will be stored. Every way a value can arrive (literal,
 * variable, default, nested, in a list) has become an argument value by now.
 */
export class InputWriter {
  readonly pending: PendingValue[] = []
  readonly kept: KeptValue[] = []
  readonly #options: WriteOptions

  constructor(options: WriteOptions) {
    this.#options = options
  }

  /** Lays out an object that does not exist yet. @throws BAD_USER_INPUT, FORBIDDEN, with the path in the input. */
  create(fields: readonly FieldPolicy[], input: Input, place: Place, id?: string): Record<string, unknown> {
    const target: Record<string, unknown> = id === undefined ? {} : { [stored.id]: id }
    const object = objectToBe(fields, input, undefined)
    for (const field of fields) {
      if (names(input, field)) {
        this.#write(target, field.stored, field, input[field.name], object, place, undefined)
      } else if (field.type.required && isInput(field)) throw invalid(field, place, 'is required')
    }
    return target
  }

  /**
   * Lays out the stored fields of a document that an input changes.
   * @param current - the document as it is stored
   */
  change(
    fields: readonly FieldPolicy[],
    input: Input,
    current: StoredObject,
    place: Place,
  ): Record<string, unknown> {
    const target: Record<string, unknown> = {}
    const object = objectToBe(fields, input, current)
    for (const field of fields) {
      if (names(input, field)) {
        this.#write(target, field.stored, field, input[field.name], object, place, current[field.stored])
      } else checkKept(field, current[field.stored], object, place)
    }
    return target
  }

  #write(
    target: Record<string, unknown>,
    key: string,
    field: FieldPolicy,
    value: unknown,
    object: ObjectToBe,
    place: Place,
    before: unknown,
  ): void {
    this.#permit(field, place)
    if (field.protection.kind === 'discarded') return
    if (value === null && field.type.required) throw invalid(field, place, 'may not be null')
    target[key] = value
    if (value === null) return
    const malformed = findMalformed(field, value, object)
    if (malformed !== undefined) throw invalid(field, place, malformed)
    const embedded = this.#embedded(field)
    if (embedded !== undefined) target[key] = this.#writeEmbedded(field, embedded, value, place, before)
    else if (isStoredSealed(field)) {
      this.pending.push({
        container: target,
        key,
        field,
        path: place.path + field.stored,
        elements: place.elements,
        inputPath: join(place.input, field.name),
        value,
      })
    } else {
      const problem = findUnstorable(value)
      if (problem !== undefined) throw invalid(field, place, problem)
    }
  }

  #writeEmbedded(
    field: FieldPolicy,
    embedded: EmbeddedPolicy,
    value: unknown,
    place: Place,
    before: unknown,
  ): unknown {
    const at = (position?: number): string =>
      join(place.input, field.name) + (position === undefined ? '' : `[${position}]`)
    const path = `${place.path}${field.stored}.`
    if (!field.type.list) {
      const inner = { input: at(), path, elements: place.elements }
      if (isObject(before)) return this.#keep(embedded.fields, value as Input, before, inner)
      return this.create(embedded.fields, value as Input, inner, embedded.identified ? createId() : undefined)
    }
    const existing = new Map(
      (Array.isArray(before) ? before.filter(isObject) : []).map((element) => [element[stored.id], element]),
    )
    return (value as readonly (Input | null)[]).map((element, position) => {
      if (element === null) return null
      const given = element.id ?? undefined
      const current = given === undefined ? undefined : existing.get(given)
      if (given !== undefined && current === undefined) {
        throw new GatewayError('BAD_USER_INPUT', {
          message: 'There is no such element.',
          inputPath: `${at(position)}.id`,
        })
      }
      existing.delete(given)
      const id = current === undefined ? createId() : (current[stored.id] as string)
      const inner: Place = { input: at(position), path, elements: [...place.elements, id] }
      if (current === undefined) return this.create(embedded.fields, element, inner, id)
      return this.#keep(embedded.fields, element, current, inner)
    })
  }

  /** An object that stays inside what is written anew: what the input does not name is kept as it is stored. */
  #keep(
    fields: readonly FieldPolicy[],
    input: Input,
    current: StoredObject,
    place: Place,
  ): Record<string, unknown> {
    const target: Record<string, unknown> = { ...current }
    const object = objectToBe(fields, input, current)
    for (const field of fields) {
      if (names(input, field)) {
        this.#write(target, field.stored, field, input[field.name], object, place, current[field.stored])
      } else {
        checkKept(field, current[field.stored], object, place)
        this.#keepStored(target, field, place)
      }
    }
    return target
  }

  #keepStored(target: Record<string, unknown>, field: FieldPolicy, place: Place): void {
    const raw = target[field.stored]
    if (raw === undefined || raw === null) return
    const path = place.path + field.stored
    const embedded = this.#embedded(field)
    if (isStoredSealed(field)) this.kept.push({ container: target, key: field.stored, path, raw })
    if (embedded === undefined) return
    const keepObject = (object: unknown): unknown => {
      if (!isObject(object)) return object
      const copy = { ...object }
      for (const inner of embedded.fields) this.#keepStored(copy, inner, { ...place, path: `${path}.` })
      return copy
    }
    target[field.stored] = Array.isArray(raw) ? raw.map(keepObject) : keepObject(raw)
  }

  #permit(field: FieldPolicy, place: Place): void {
    const { decisions, action, owns } = this.#options
    if (decisions.write(field.coordinate, action, owns)) return
    throw new GatewayError('FORBIDDEN', {
      coordinate: field.coordinate,
      inputPath: join(place.input, field.name),
    })
  }

  #embedded({ type }: FieldPolicy): EmbeddedPolicy | undefined {
    return type.kind === 'embedded' ? this.#options.policies.embedded.get(type.name) : undefined
  }
}

function isInput(field: FieldPolicy): boolean {
  return field.name !== 'id' && field.type.kind !== 'relation'
}

function names(input: Input, field: FieldPolicy): boolean {
  return isInput(field) && Object.hasOwn(input, field.name) && input[field.name] !== undefined
}

function isObject(value: unknown): value is StoredObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function invalid(field: FieldPolicy, place: Place, what: string): GatewayError {
  const inputPath = join(place.input, field.name)
  return new GatewayError('BAD_USER_INPUT', {
    message: `${inputPath} ${what}.`,
    coordinate: field.coordinate,
    inputPath,
  })
}

function checkKept(field: FieldPolicy, kept: unknown, object: ObjectToBe, place: Place): void {
  if (kept === undefined || kept === null || !escapesFormat(field, object)) return
  throw invalid(field, place, 'must be given again with this change')
}
