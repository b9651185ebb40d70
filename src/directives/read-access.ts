import type { FieldDefinitionNode, ObjectTypeDefinitionNode } from 'graphql'

import type { AccessPolicy, RuleExpression } from './policies.ts'
import type { ArgumentReader } from './read-arguments.ts'
import { parseRules, ruleNames } from './rule-expression.ts'
import type { SchemaProblems } from './schema-problems.ts'

/** Which rule names exist; the SDL may name no other. */
export interface KnownRules {
  readonly isRule: (name: string) => boolean
  /** How the names look, for the fix that is offered. */
  readonly names: readonly string[]
}

/** Reads rule lists, and reports names that no rule bears. */
export class AccessReader {
  readonly #args: ArgumentReader
  readonly #known: KnownRules
  readonly #problems: SchemaProblems

  constructor(args: ArgumentReader, known: KnownRules, problems: SchemaProblems) {
    this.#args = args
    this.#known = known
    this.#problems = problems
  }

  read(node: ObjectTypeDefinitionNode | FieldDefinitionNode): AccessPolicy {
    const given = this.#args.one(node, 'access')
    const rules = (entries: readonly string[] | null | undefined): RuleExpression | undefined =>
      entries == null ? undefined : this.rules(node, entries)
    return {
      read: rules(given?.read),
      create: rules(given?.create ?? given?.write),
      update: rules(given?.update ?? given?.write),
      delete: rules(given?.delete ?? given?.write),
    }
  }

  rules(node: ObjectTypeDefinitionNode | FieldDefinitionNode, entries: readonly string[]): RuleExpression {
    try {
      const expression = parseRules(entries)
      for (const name of new Set(ruleNames(expression))) {
        if (this.#known.isRule(name)) continue
        this.#problems.add(
          node,
          `There is no rule "${name}".`,
          `the rules are: ${this.#known.names.join(', ')}.`,
        )
      }
      return expression
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const names = this.#known.names.join(', ')
      this.#problems.add(node, error.message, `the rules are: ${names}; or all(rule, rule), any(rule, rule).`)
      return { kind: 'any', rules: [] }
    }
  }
}
