import { responsePathAsArray } from 'graphql'

import type { FieldPolicy } from '../directives/policies.ts'
import { revealedValue, type StoredObject } from '../directives/reveal-documents.ts'
import { StandIn } from '../directives/stand-in.ts'
import type { Resolve } from './model-context.ts'

/** Reads a field in whose place something else may stand, and notes in the request where it did. */
export function standInReader(field: FieldPolicy): Resolve {
  return (source: StoredObject, _args, { standIns }, { path }) => {
    const value = revealedValue(source, field)
    if (!(value instanceof StandIn)) return value
    const { shown } = value
    standIns.push({ coordinate: field.coordinate, path: responsePathAsArray(path), shown })
    return value.value
  }
}
