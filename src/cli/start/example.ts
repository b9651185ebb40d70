import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { AccessPolicy, Policies, RuleExpression } from '../../directives/policies.ts'
import { ruleNames } from '../../directives/rule-expression.ts'
import { GatewayError } from '../../errors.ts'

/** Somebody a token is made for in development. */
export interface ExampleViewer {
  readonly name: string
  readonly kind?: 'user' | 'service'
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
  /** Name of the example document that is this viewer's own. */
  readonly subject?: string
  readonly description?: string
}

export interface ExampleDocument {
  /** Name by which others refer to the document's id, as `{"ref": "name"}`. */
  readonly as?: string
  readonly mutation: string
  /** Name of the mutation's input type. */
  readonly type: string
  readonly input: Readonly<Record<string, unknown>>
}

/** The `example.json` of a schema folder: who looks, at what, and what there is to see. Development only. */
export interface Example {
  readonly viewers: readonly ExampleViewer[]
  readonly query: string
  readonly documents: readonly ExampleDocument[]
}

/** A folder without an example gets one token for each role and scope that its SDL names, and no data. */
export function loadExample(schemaFolder: string, policies: Policies): Example {
  const file = join(schemaFolder, 'example.json')
  if (!existsSync(file)) return { viewers: viewersOf(policies), query: '{ __typename }', documents: [] }
  let example: unknown
  try {
    example = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new GatewayError('CONFIGURATION_INVALID', { message: `${file} is not JSON.` })
  }
  if (!isExample(example)) {
    const message = `${file} needs "viewers" and "documents", which are lists, and a "query".`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
  return example
}

function isExample(value: unknown): value is Example {
  if (typeof value !== 'object' || value === null) return false
  const { viewers, documents, query } = value as Record<string, unknown>
  return Array.isArray(viewers) && Array.isArray(documents) && typeof query === 'string'
}

function viewersOf(policies: Policies): readonly ExampleViewer[] {
  const expressions: RuleExpression[] = []
  for (const type of [...policies.models.values(), ...policies.embedded.values()]) {
    if (type.kind === 'model') expressions.push(...accessRules(type.access))
    for (const { access, reveal } of type.fields) {
      expressions.push(...accessRules(access), ...(reveal === undefined ? [] : [reveal]))
    }
  }
  const names = [...new Set(expressions.flatMap(ruleNames))].sort()
  const roles = names.filter((name) => name.startsWith('role:')).map((name) => name.slice('role:'.length))
  const scopes = names.filter((name) => name.startsWith('scope:')).map((name) => name.slice('scope:'.length))
  const service: ExampleViewer = { name: 'Service', kind: 'service', scopes, description: `has every scope` }
  return [
    ...roles.map((role) => ({ name: capitalise(role), roles: [role], description: `has the role ${role}` })),
    ...(scopes.length > 0 ? [service] : []),
  ]
}

function accessRules({ read, create, update, delete: remove }: AccessPolicy): readonly RuleExpression[] {
  return [read, create, update, remove].filter((rule) => rule !== undefined)
}

function capitalise(role: string): string {
  return role.charAt(0) + role.slice(1).toLowerCase()
}
