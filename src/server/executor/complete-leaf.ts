import type { GraphQLLeafType } from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import type { FieldPlan } from './operation-plan.ts'

/** Always asks the very type object of the field, so that one put there to guard a coordinate is never passed by. */
export function completeLeaf(
  field: FieldPlan,
  nonNull: boolean,
  type: GraphQLLeafType,
  value: unknown,
): unknown {
  if (value instanceof Error) throw value
  if (value == null) return completeNull(field, nonNull)
  const serialized = type.serialize(value)
  if (serialized == null) {
    throw new Error(
      `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(serialized)}`,
    )
  }
  return serialized
}

/** What null answers: null itself, or the error of a field that may not be null. */
export function completeNull(field: FieldPlan, nonNull: boolean): null {
  if (!nonNull) return null
  const { parentType, definition } = field
  throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${definition.name}.`)
}
