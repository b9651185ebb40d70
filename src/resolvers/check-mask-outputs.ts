import { type GraphQLScalarType, specifiedScalarTypes } from 'graphql'

import type { TypePolicy } from '../directives/policies.ts'
import { type Mask, masks } from '../masking/index.ts'
import { scalars } from './scalars.ts'

const known: Readonly<Record<string, GraphQLScalarType>> = {
  ...Object.fromEntries(specifiedScalarTypes.map((scalar) => [scalar.name, scalar])),
  ...scalars,
}

/**
 * Reports masks that an answer could not hold: of the examples of a style whose value a field's scalar takes, it must take
 * the masked form too, and the style's fallback.
 */
export function checkMaskOutputs(
  types: readonly TypePolicy[],
  report: (coordinate: string, message: string, fix: string) => void,
): void {
  for (const { coordinate, type, masks: used } of types.flatMap(({ fields }) => fields)) {
    const scalar = known[type.name]
    if (scalar === undefined) continue
    for (const { style } of used) {
      const mask: Mask = masks[style]
      const outputs = mask.examples.flatMap(({ value, masked }) =>
        serializes(scalar, value) ? [masked] : [],
      )
      if (mask.fallback !== undefined) outputs.push(mask.fallback)
      if (outputs.every((output) => serializes(scalar, output))) continue
      report(
        coordinate,
        `an answer of the type ${type.name} cannot hold what ${style} makes.`,
        'use another style.',
      )
    }
  }
}

/** Instants are released as `Date`; text that is none is not one of the scalar's values. */
function serializes(scalar: GraphQLScalarType, value: unknown): boolean {
  try {
    scalar.serialize(scalar === scalars.DateTime && typeof value === 'string' ? new Date(value) : value)
    return true
  } catch {
    return false
  }
}
