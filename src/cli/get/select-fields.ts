import type { FieldPolicy, Policies, TypePolicy } from '../../directives/policies.ts'
import { isReadable } from '../../resolvers/api-names.ts'

/** The fields of a type that answers can hold, without those that lead to other documents. */
export function readableFields(type: TypePolicy): readonly FieldPolicy[] {
  return type.fields.filter((field) => isReadable(field) && field.type.kind !== 'relation')
}

/** A selection of everything in a document, embedded types included. */
export function selectFields(type: TypePolicy, policies: Policies, above: readonly string[] = []): string {
  const names = readableFields(type).flatMap((field) => {
    if (field.type.kind !== 'embedded') return [field.name]
    const embedded = policies.embedded.get(field.type.name)
    // A type that holds itself could go on for ever.
    if (embedded === undefined || above.includes(embedded.name)) return []
    return [`${field.name} ${selectFields(embedded, policies, [...above, embedded.name])}`]
  })
  const id = type.kind === 'embedded' && type.identified && !names.includes('id') ? ['id'] : []
  return `{ ${[...id, ...names, '__typename'].join(' ')} }`
}
