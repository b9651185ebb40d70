import type { FieldPolicy, ModelPolicy, Policies } from '../../directives/policies.ts'

/** Where a field stands: in a model, or behind the fields that embed its type. */
export interface Place {
  readonly model: ModelPolicy
  /** From the model's own field down; none for a field of the model itself. */
  readonly parents: readonly FieldPolicy[]
  readonly field: FieldPolicy
}

/** Every place of a field by its coordinate; a model's own field has one. */
export function findPlaces(coordinate: string, policies: Policies): readonly Place[] {
  const findBelow = (fields: readonly FieldPolicy[], above: Omit<Place, 'field'>): readonly Place[] =>
    fields.flatMap((field): readonly Place[] => {
      if (field.coordinate === coordinate) return [{ ...above, field }]
      const { name, kind } = field.type
      const embedded = kind === 'embedded' ? policies.embedded.get(name) : undefined
      if (embedded === undefined || above.parents.some((parent) => parent.type.name === name)) return []
      return findBelow(embedded.fields, { ...above, parents: [...above.parents, field] })
    })
  return [...policies.models.values()].flatMap((model) => findBelow(model.fields, { model, parents: [] }))
}
