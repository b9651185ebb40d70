import { Kind, visit, type DocumentNode, type GraphQLObjectType } from 'graphql'
import type { ExecutionContext } from 'graphql/execution/execute.js'
import { LRUCache } from 'lru-cache'
import { planOperation, planSubselection, type FieldPlan, type SelectionPlan } from './operation-plan.ts'

/** How many fields the plans may hold together, for each document that may be kept. */
const fieldsPerDocument = 100

/** The plans of one document: one for each operation and each outcome of its `@skip` and `@include`. */
export interface DocumentPlans {
  readonly conditions: readonly string[]
  readonly operations: Map<string, SelectionPlan>
  /** How large the plans have grown; places of an answer that were never reached are not planned. */
  fieldCount: number
}

/**
 * Keeps plans by the identity of the parsed document, in a bounded LRU: no text of a request becomes a key,
 * and a document that is parsed again is planned again.
 */
export class PlanCache {
  readonly #documents: LRUCache<DocumentNode, DocumentPlans>

  constructor(cacheSize: number) {
    this.#documents = new LRUCache({ max: cacheSize, maxSize: cacheSize * fieldsPerDocument })
  }

  open(document: DocumentNode): DocumentPlans {
    return (
      this.#documents.get(document) ?? {
        conditions: readConditions(document),
        operations: new Map(),
        fieldCount: 0,
      }
    )
  }

  /** To be called after each execution: a plan grows while it runs. */
  keep(document: DocumentNode, plans: DocumentPlans, fieldCountBefore: number): void {
    if (plans.fieldCount !== fieldCountBefore) {
      this.#documents.set(document, plans, { size: 1 + plans.fieldCount })
    }
  }
}

export function openOperation(
  plans: DocumentPlans,
  context: ExecutionContext,
  rootType: GraphQLObjectType,
): SelectionPlan {
  let key = context.operation.name?.value ?? ''
  for (const name of plans.conditions) key += ` ${describeCondition(context.variableValues[name])}`
  let plan = plans.operations.get(key)
  if (plan === undefined) {
    plan = planOperation(context, rootType)
    plans.operations.set(key, plan)
    plans.fieldCount += plan.fields.length
  }
  return plan
}

export function openSelection(
  plans: DocumentPlans,
  context: ExecutionContext,
  field: FieldPlan,
  type: GraphQLObjectType,
): SelectionPlan {
  let plan = field.selections.get(type)
  if (plan === undefined) {
    plan = planSubselection(context, field, type)
    field.selections.set(type, plan)
    plans.fieldCount += plan.fields.length
  }
  return plan
}

/** Only what graphql-js makes of a condition: never the text of a value. */
function describeCondition(value: unknown): string {
  return typeof value === 'boolean' || value == null ? String(value) : 'other'
}

function readConditions(document: DocumentNode): readonly string[] {
  const names = new Set<string>()
  visit(document, {
    Directive({ arguments: nodes = [] }) {
      for (const { value } of nodes) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}
