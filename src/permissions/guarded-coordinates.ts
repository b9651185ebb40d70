import type { ModelPolicy, Policies, RuleExpression } from '../directives/policies.ts'
import type { GuardedCoordinates } from './create-shield.ts'

/** The names of a model's operations in the API, as `src/resolvers` gives them. */
export interface OperationNames {
  readonly get: string
  readonly list: string
  readonly create: string
  readonly createMany: string
  readonly update: string
  readonly delete: string
}

export interface CoordinateOptions {
  readonly policies: Policies
  readonly namesOf: (model: ModelPolicy) => OperationNames
  /** The rules of verification mutations by name. */
  readonly verifications: ReadonlyMap<string, RuleExpression>
  /** Root fields that come from no model, with their rules. */
  readonly others: readonly (readonly [root: string, name: string, rule: RuleExpression])[]
}

const nobody: RuleExpression = { kind: 'any', rules: [] }

/** Root and relation fields with the rule of each. What has no rule is denied to everyone. */
export function guardedCoordinates({
  policies,
  namesOf,
  verifications,
  others,
}: CoordinateOptions): GuardedCoordinates {
  const query = new Map<string, RuleExpression>()
  const mutation = new Map<string, RuleExpression>()
  const coordinates = new Map([
    ['Query', query],
    ['Mutation', mutation],
  ])
  for (const model of policies.models.values()) {
    const names = namesOf(model)
    const { access, operations } = model
    if (operations.has('GET')) query.set(names.get, access.read ?? nobody)
    if (operations.has('LIST')) query.set(names.list, access.read ?? nobody)
    if (operations.has('CREATE')) mutation.set(names.create, access.create ?? nobody)
    if (operations.has('CREATE_MANY')) mutation.set(names.createMany, access.create ?? nobody)
    if (operations.has('UPDATE')) mutation.set(names.update, access.update ?? nobody)
    if (operations.has('DELETE')) mutation.set(names.delete, access.delete ?? nobody)
    const relations = new Map<string, RuleExpression>()
    for (const { name, type } of model.fields) {
      if (type.kind === 'relation') relations.set(name, policies.models.get(type.name)?.access.read ?? nobody)
    }
    if (relations.size > 0) coordinates.set(model.name, relations)
  }
  for (const [name, rule] of verifications) mutation.set(name, rule)
  if (query.size === 0) query.set('ready', { kind: 'rule', name: 'everyone' })
  for (const [root, name, rule] of others) coordinates.get(root)?.set(name, rule)
  if (mutation.size === 0) coordinates.delete('Mutation')
  return coordinates
}
