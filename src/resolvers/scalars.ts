import { GraphQLScalarType } from 'graphql'
import { GraphQLDateTimeISO, GraphQLJSON, GraphQLLocalDate } from 'graphql-scalars'

import { bigIntScalar } from './big-int.ts'

const asDate = GraphQLLocalDate.toConfig()
const asDateTime = GraphQLDateTimeISO.toConfig()

/** The scalars of the SDL beside GraphQL's own. */
export const scalars = {
  BigInt: bigIntScalar,
  Date: new GraphQLScalarType({
    ...asDate,
    name: 'Date',
    description: 'A date without time, as YYYY-MM-DD.',
  }),
  DateTime: new GraphQLScalarType({
    ...asDateTime,
    name: 'DateTime',
    description: 'An instant, as YYYY-MM-DDTHH:MM:SSZ; fractions of a second and an offset are taken too.',
  }),
  JSON: GraphQLJSON,
} as const
