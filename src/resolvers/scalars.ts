import { GraphQLScalarType } from 'graphql'
import { GraphQLBigInt, GraphQLDateTimeISO, GraphQLJSON, GraphQLLocalDate } from 'graphql-scalars'

const asDate = GraphQLLocalDate.toConfig()

/** The scalars of the SDL beside GraphQL's own. */
export const scalars = {
  BigInt: GraphQLBigInt,
  Date: new GraphQLScalarType({
    ...asDate,
    name: 'Date',
    description: 'A date without time, as YYYY-MM-DD.',
  }),
  DateTime: GraphQLDateTimeISO,
  JSON: GraphQLJSON,
} as const
