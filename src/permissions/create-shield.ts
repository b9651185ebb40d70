import { createRequire } from 'node:module'

import { GraphQLError, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { applyMiddleware, type IMiddlewareFunction } from 'graphql-middleware'

import type { Viewer } from '../auth/viewer.ts'
import type { RuleExpression } from '../directives/policies.ts'
import { findRule } from './rules.ts'

/** A rule of graphql-shield, opaque. */
interface ShieldRule {
  readonly equals?: unknown
}

interface ShieldContext {
  readonly viewer: Viewer
}

type Middleware = Record<string, Record<string, IMiddlewareFunction<unknown, ShieldContext>>>

/** The part of graphql-shield that is used here: no `not` (it allows when a rule throws), no `chain`, no `race`. */
interface GraphqlShield {
  readonly shield: (
    tree: object,
    options: object,
  ) => { readonly generate: (schema: GraphQLSchema) => Middleware }
  readonly rule: (
    name: string,
    options: { readonly cache: 'no_cache' },
  ) => (holds: (parent: unknown, args: unknown, context: ShieldContext) => boolean) => ShieldRule
  readonly and: (...rules: ShieldRule[]) => ShieldRule
  readonly or: (...rules: ShieldRule[]) => ShieldRule
  readonly deny: ShieldRule
  readonly allow: ShieldRule
}

/** Loaded as CommonJS: the ES module build does not load on Node 23 and newer (graphql-shield issue 1561). */
const { shield, rule, and, or, deny, allow } = createRequire(import.meta.url)(
  'graphql-shield',
) as GraphqlShield

/** The rule of each root and relation field, by type and field name. */
export type GuardedCoordinates = ReadonlyMap<string, ReadonlyMap<string, RuleExpression>>

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
  const generated = shield(tree, {
    fallbackRule: deny,
    // Errors of resolvers are mapped by the server; as a denial they would hide an outage.
    allowExternalErrors: true,
    fallbackError: denied,
  }).generate(schema)
  const pruned = Object.fromEntries(
    [...coordinates].map(([type, fields]) => [
      type,
      Object.fromEntries([...fields.keys()].map((field) => [field, middlewareOf(generated, type, field)])),
    ]),
  )
  return applyMiddleware(schema, pruned)
}

function middlewareOf(
  generated: Middleware,
  type: string,
  field: string,
): IMiddlewareFunction<unknown, ShieldContext> {
  const middleware = generated[type]?.[field]
  if (middleware === undefined) throw new TypeError(`${type}.${field} has no rule`)
  return middleware
}

function denied(
  _thrown: unknown,
  _parent: unknown,
  _args: unknown,
  _context: unknown,
  info: GraphQLResolveInfo,
): Error {
  const coordinate = `${info.parentType.name}.${info.fieldName}`
  return new GraphQLError('This viewer may not do that.', { extensions: { code: 'FORBIDDEN', coordinate } })
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
      : rule(name, { cache: 'no_cache' })((_parent, _args, { viewer }) => {
          if (found === undefined) return false
          return found.kind === 'owner' ? viewer.subject !== undefined : found.holds(viewer)
        })
  shieldRules.set(name, made)
  return made
}
