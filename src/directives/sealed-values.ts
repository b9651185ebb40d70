import { type FieldPolicy, isStoredSealed, type ModelPolicy, type Policies, stored } from './policies.ts'
import { isStoredObject } from './stored-object.ts'

/** A value of a stored document that its schema has sealed. */
export interface SealedValue {
  readonly field: FieldPolicy
  /** The stored path without list positions, such as `cards.number`. */
  readonly path: string
  /** The same with them, such as `cards.0.number`. */
  readonly position: string
  /** The ids of the list elements around the value, outermost first. */
  readonly elements: readonly string[]
  /** As the database holds it. */
  readonly raw: unknown
}

type StoredObject = Readonly<Record<string, unknown>>

/** Finds the sealed values of a document, those of embedded objects at every place they stand; null is none. */
export function sealedValues(document: StoredObject, model: ModelPolicy, policies: Policies): SealedValue[] {
  const found: SealedValue[] = []
  const walk = (
    object: StoredObject,
    fields: readonly FieldPolicy[],
    place: Pick<SealedValue, 'path' | 'position' | 'elements'>,
  ): void => {
    for (const field of fields) {
      const raw = object[field.stored]
      if (raw === null || raw === undefined) continue
      const path = place.path + field.stored
      const position = place.position + field.stored
      if (isStoredSealed(field)) found.push({ field, path, position, elements: place.elements, raw })
      const embedded = field.type.kind === 'embedded' ? policies.embedded.get(field.type.name) : undefined
      if (embedded === undefined) continue
      if (!Array.isArray(raw)) {
        const inner = { path: `${path}.`, position: `${position}.`, elements: place.elements }
        if (isStoredObject(raw)) walk(raw, embedded.fields, inner)
        continue
      }
      for (const [index, element] of (raw as readonly unknown[]).entries()) {
        if (!isStoredObject(element)) continue
        const elements = [...place.elements, String(element[stored.id])]
        walk(element, embedded.fields, { path: `${path}.`, position: `${position}.${index}.`, elements })
      }
    }
  }
  walk(document, model.fields, { path: '', position: '', elements: [] })
  return found
}
