import type { ApolloServerPlugin } from '@apollo/server'

import type { RequestContext } from '../resolvers/request-context.ts'
import { countOperation } from './count-operation.ts'

/** What one operation may ask for. Every bound is checked before any resolver runs. */
export interface RequestLimits {
  /** Tokens of a document. */
  readonly tokens: number
  /** Levels of fields, fragments not counted as levels. */
  readonly depth: number
  /** Aliases in a document, after fragments are spread. */
  readonly aliases: number
  /** Fields, multiplied by the page sizes above them. */
  readonly cost: number
}

export const defaultLimits: RequestLimits = { tokens: 5_000, depth: 15, aliases: 100, cost: 200_000 }

/** Counts depth, aliases and cost of the operation that is about to run, page sizes in variables included. */
export function createLimitsPlugin(limits: RequestLimits): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ schema, document, operation, request }) => {
          if (operation !== undefined) {
            countOperation({ schema, document, operation, variables: request.variables ?? {} }, limits)
          }
          return Promise.resolve()
        },
      }),
  }
}
