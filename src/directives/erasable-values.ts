import { type FieldPolicy, isErased, type ModelPolicy, type Policies, stored } from './policies.ts'
import { isStoredObject } from './stored-object.ts'

/** What an erasure takes from a document. */
export interface ErasableValues {
  /** How many values there are, by coordinate; what the schema does not know, by its type and `*`, such as `Customer.*`. */
  readonly counts: Readonly<Record<string, number>>
  /** Paths with list positions that become null. */
  readonly nulled: readonly string[]
  /** The same of what the schema does not know: it goes altogether. */
  readonly unset: readonly string[]
}

type StoredObject = Readonly<Record<string, unknown>>

const bookkeeping: ReadonlySet<string> = new Set(Object.values(stored))

/** Finds what an erasure takes from a document, as the database holds it, at every place; null is nothing. */
export function erasableValues(
  document: StoredObject,
  model: ModelPolicy,
  policies: Policies,
): ErasableValues {
  const counts: Record<string, number> = {}
  const nulled: string[] = []
  const unset: string[] = []
  const count = (coordinate: string): void => {
    counts[coordinate] = (counts[coordinate] ?? 0) + 1
  }
  /** @param gone - whether what is around goes as a whole, so that there is nothing left to be named */
  const walk = (
    object: StoredObject,
    type: { readonly name: string; readonly fields: readonly FieldPolicy[] },
    place: string,
    gone: boolean,
  ): void => {
    const fields = new Map(type.fields.filter(isStored).map((field) => [field.stored, field]))
    for (const [key, raw] of Object.entries(object)) {
      if (raw === null || raw === undefined || bookkeeping.has(key)) continue
      const field = fields.get(key)
      const position = place + key
      if (field === undefined) {
        count(`${type.name}.*`)
        if (!gone) unset.push(position)
        continue
      }
      const taken = isErased(field)
      if (taken && !gone) nulled.push(position)
      const embedded = field.type.kind === 'embedded' ? policies.embedded.get(field.type.name) : undefined
      if (taken) count(field.coordinate)
      if (embedded === undefined) continue
      const parts: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
      for (const [index, part] of parts.entries()) {
        const inner = Array.isArray(raw) ? `${position}.${index}` : position
        if (isStoredObject(part)) walk(part, embedded, `${inner}.`, gone || taken)
        else if (part !== null && part !== undefined) {
          count(`${embedded.name}.*`)
          if (!gone && !taken) nulled.push(inner)
        }
      }
    }
  }
  walk(document, model, '', false)
  return { counts, nulled, unset }
}

function isStored({ type, protection }: FieldPolicy): boolean {
  return type.kind !== 'relation' && protection.kind !== 'discarded'
}
