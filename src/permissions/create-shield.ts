import { createRequire } from 'node:module'

import { GraphQLError, type GraphQLSchema } from 'graphql'
import { applyMiddleware, type IMiddlewareGenerator } from 'graphql-middleware'

import type { Viewer } from '../auth/viewer.ts'
import type { RuleExpression } from '../directives/policies.ts'
import { findRule } from './rules.ts'

/** Loaded as CommonJS: the ES module build does not load on Node 23 and newer (graphql-shield issue 1561). */
const { shield, rule, and, or, deny, allow } = createRequire(import.meta.url)(
  'graphql-shield',
) as typeof import('graphql-shield')

type ShieldRule = ReturnType<typeof or> | ReturnType<typeof and> | ReturnType<ReturnType<typeof rule>>

/** The rule of each root and relation field, by type and field name. */
export type GuardedCoordinates = ReadonlyMap<string, ReadonlyMap<string, RuleExpression>>

interface ShieldContext {
  readonly viewer: Viewer
}

const shieldRules = new Map<string, ShieldRule>()

/**
 * Puts graphql-shield in front of the given coordinates and of no other field: every field it wraps costs a promise, and
 * fields below a guarded one inherit its decision.
 */
export function applyShield(schema: GraphQLSchema, coordinates: GuardedCoordinates): GraphQLSchema {
  const tree = Object.fromEntries(
    [...coordinates].map(([type, fields]) => [
      type,
      Object.fromEntries([...fields].map(([field, expression]) => [field, toShield(expression)])),
    ]),
  )
  const generator = shield<unknown, ShieldContext>(tree, {
    fallbackRule: deny,
    // Errors of resolvers are mapped by the server; as a denial they would hide an outage.
    allowExternalErrors: true,
    fallbackError: (_thrown, _parent, _args, _context, info) =>
      new GraphQLError('This viewer may not do that.', {
        extensions: { code: 'FORBIDDEN', coordinate: `${info.parentType.name}.${info.fieldName}` },
      }),
  } as Parameters<typeof shield>[1]) as unknown as IMiddlewareGenerator<unknown, ShieldContext, unknown>
  const generated = generator.generate(schema) as Record<string, Record<string, unknown>>
  const pruned = Object.fromEntries(
    [...coordinates].map(([type, fields]) => [
      type,
      Object.fromEntries([...fields.keys()].map((field) => [field, generated[type]?.[field]])),
    ]),
  )
  return applyMiddleware(schema, pruned as Parameters<typeof applyMiddleware>[1])
}

/**
 * A row rule at a root asks whether it could hold for any row: the rows themselves are narrowed by its predicate in the
 * database.
 */
function toShield(expression: RuleExpression): ShieldRule {
  if (expression.kind === 'rule') return namedRule(expression.name)
  if (expression.rules.length === 0) return deny
  const rules = expression.rules.map(toShield)
  return expression.kind === 'all' ? and(...rules) : or(...rules)
}

function namedRule(name: string): ShieldRule {
  const known = shieldRules.get(name)
  if (known !== undefined) return known
  const found = findRule(name)
  const made =
    name === 'everyone'
      ? allow
      : rule(name, { cache: 'no_cache' })((_parent: unknown, _args: unknown, { viewer }: ShieldContext) => {
          if (found === undefined) return false
          return found.kind === 'owner' ? viewer.subject !== undefined : found.holds(viewer)
        })
  shieldRules.set(name, made)
  return made
}
