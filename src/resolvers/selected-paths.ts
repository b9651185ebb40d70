import { type ModelPolicy, stored } from '../directives/policies.ts'
import type { Selection } from '../directives/selection.ts'

/** The stored paths that a selection of a model needs; every repository call brings what documents are known by besides. */
export function selectedPaths({ fields }: ModelPolicy, selection: Selection): readonly string[] {
  return selection.fields.map(({ stored: path, type }) => {
    if (type.kind !== 'relation') return path
    // One is joined by the key that the document holds, many by its id.
    if (type.list) return stored.id
    return fields.find(({ name }) => name === type.key)?.stored ?? type.key
  })
}
