import type { Viewer } from '../auth/viewer.ts'
import type { Decisions, FieldDecision, ModelAction, Outcome, RowScope } from '../directives/decisions.ts'
import type { FieldPolicy, Policies, RuleExpression } from '../directives/policies.ts'
import { GatewayError } from '../errors.ts'
import { evaluate } from './evaluate.ts'

/** Decides for viewers by the policies of a schema. Decisions of a viewer are made on first use and kept with it. */
export function createDecider(policies: Policies): (viewer: Viewer) => Decisions {
  const fields = new Map<string, FieldPolicy>()
  for (const type of [...policies.models.values(), ...policies.embedded.values()]) {
    for (const field of type.fields) fields.set(field.coordinate, field)
  }
  const known = new WeakMap<Viewer, Decisions>()
  return (viewer) => {
    let decisions = known.get(viewer)
    if (decisions === undefined) {
      decisions = new ViewerDecisions(viewer, policies, fields)
      known.set(viewer, decisions)
    }
    return decisions
  }
}

const nobody: RuleExpression = { kind: 'any', rules: [] }

class ViewerDecisions implements Decisions {
  readonly #viewer: Viewer
  readonly #policies: Policies
  readonly #fields: ReadonlyMap<string, FieldPolicy>
  readonly #decided = new Map<string, FieldDecision>()

  constructor(viewer: Viewer, policies: Policies, fields: ReadonlyMap<string, FieldPolicy>) {
    this.#viewer = viewer
    this.#policies = policies
    this.#fields = fields
  }

  get subject(): string | undefined {
    return this.#viewer.subject
  }

  get tenant(): string {
    return this.#viewer.tenant
  }

  rows(model: string, action: ModelAction): RowScope {
    return this.#scope(this.#policies.models.get(model)?.access[action] ?? nobody)
  }

  field(coordinate: string): FieldDecision {
    let decision = this.#decided.get(coordinate)
    if (decision === undefined) {
      const field = this.#policy(coordinate)
      decision = { own: this.#outcome(field, true), other: this.#outcome(field, false) }
      this.#decided.set(coordinate, decision)
    }
    return decision
  }

  input(coordinate: string): RowScope {
    const { own, other } = this.field(coordinate)
    if (other.state === 'clear') return 'all'
    return own.state === 'clear' ? 'own' : 'none'
  }

  verify(coordinate: string): RowScope {
    const { protection } = this.#policy(coordinate)
    if (protection.kind !== 'hashed') return 'none'
    return protection.verify === undefined ? 'all' : this.#scope(protection.verify)
  }

  write(coordinate: string, action: 'create' | 'update', owns: boolean): boolean {
    const rule = this.#policy(coordinate).access[action]
    return rule === undefined || evaluate(rule, this.#viewer, owns)
  }

  #scope(rule: RuleExpression): RowScope {
    if (evaluate(rule, this.#viewer, false)) return 'all'
    return evaluate(rule, this.#viewer, true) ? 'own' : 'none'
  }

  #outcome(field: FieldPolicy, owns: boolean): Outcome {
    const holds = (rule: RuleExpression): boolean => evaluate(rule, this.#viewer, owns)
    const { kind } = field.protection
    if (kind === 'hashed' || kind === 'discarded') return { state: 'hidden' }
    if (field.access.read !== undefined && !holds(field.access.read)) return { state: 'hidden' }
    const mask = field.masks.findIndex((candidate) => candidate.for === undefined || holds(candidate.for))
    if (field.masks.length === 0 || (field.reveal !== undefined && holds(field.reveal)))
      return mask === -1 ? { state: 'clear' } : { state: 'clear', standIn: mask }
    return mask === -1 ? { state: 'hidden' } : { state: 'masked', mask }
  }

  #policy(coordinate: string): FieldPolicy {
    const field = this.#fields.get(coordinate)
    if (field === undefined)
      throw new GatewayError('INTERNAL_SERVER_ERROR', { message: `No policy for ${coordinate}.` })
    return field
  }
}
