import { type FieldPolicy, isStoredSealed, type ModelPolicy, type Policies } from './policies.ts'

/** A stored path of a collection whose values are never stored in clear. */
export interface ProtectedPath {
  readonly collection: string
  /** Without list positions, such as `cards.number`. */
  readonly path: string
  readonly field: FieldPolicy
}

/** The encrypted and hashed paths of a model by stored path, those of embedded types at every place they stand. */
export function protectedPaths(model: ModelPolicy, policies: Policies): ReadonlyMap<string, ProtectedPath> {
  const paths = new Map<string, ProtectedPath>()
  const walk = (fields: readonly FieldPolicy[], prefix: string): void => {
    for (const field of fields) {
      const path = prefix + field.stored
      if (isStoredSealed(field)) paths.set(path, { collection: model.collection, path, field })
      const embedded = field.type.kind === 'embedded' ? policies.embedded.get(field.type.name) : undefined
      if (embedded !== undefined) walk(embedded.fields, `${path}.`)
    }
  }
  walk(model.fields, '')
  return paths
}
