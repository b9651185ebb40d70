import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql'

/** Who asks, as far as the words of a schema tell viewers apart. */
export interface OracleViewer {
  readonly anonymous?: boolean
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
  readonly subject?: string
}

export type Verdict = 'hidden' | 'clear' | { readonly mask: string }

interface OracleField {
  readonly name: string
  readonly type: string
  readonly list: boolean
  readonly directives: Readonly<Record<string, readonly Record<string, any>[]>>
}

/**
 * What a schema promises to whom, read from its text alone: a second reading of the directives, which shares nothing with
 * the gateway's.
 */
export class AccessOracle {
  readonly #types = new Map<
    string,
    { directives: OracleField['directives']; fields: readonly OracleField[] }
  >()

  constructor(sdl: string) {
    for (const definition of parse(sdl).definitions) {
      if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
      this.#types.set(definition.name.value, {
        directives: directivesOf(definition),
        fields: (definition.fields ?? []).map((field) => ({
          name: field.name.value,
          ...namedType(field.type),
          directives: directivesOf(field),
        })),
      })
    }
  }

  static ofFolder(folder: string): AccessOracle {
    const files = readdirSync(folder).filter(
      (file) => file.endsWith('.graphql') && file !== 'directives.graphql',
    )
    return new AccessOracle(files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n'))
  }

  get models(): readonly string[] {
    return [...this.#types]
      .filter(([, { directives }]) => directives.model !== undefined)
      .map(([name]) => name)
  }

  /** Fields that answers can have, relations left out. */
  fields(type: string): readonly OracleField[] {
    const { fields } = this.#type(type)
    return fields.filter(
      ({ directives }) =>
        directives.hashed === undefined &&
        directives.discarded === undefined &&
        directives.relation === undefined,
    )
  }

  isStoredType(type: string): boolean {
    return this.#types.has(type)
  }

  reads(type: string, viewer: OracleViewer, owns: boolean): boolean {
    return anyHolds(this.#type(type).directives.access?.[0]?.read, viewer, owns)
  }

  may(action: 'create' | 'update' | 'delete', type: string, viewer: OracleViewer, owns: boolean): boolean {
    const access = this.#type(type).directives.access?.[0]
    return anyHolds(access?.[action] ?? access?.write, viewer, owns)
  }

  verdict(type: string, name: string, viewer: OracleViewer, owns: boolean): Verdict {
    const field = this.#type(type).fields.find((candidate) => candidate.name === name)
    if (field === undefined) throw new Error(`${type}.${name}`)
    const access = field.directives.access?.[0]?.read as string[] | undefined
    if (access !== undefined && !anyHolds(access, viewer, owns)) return 'hidden'
    const masked = field.directives.masked ?? []
    if (masked.length === 0) return 'clear'
    if (masked.some(({ reveal }) => anyHolds(reveal, viewer, owns))) return 'clear'
    const shown = masked.find((mask) => mask.for === undefined || anyHolds(mask.for, viewer, owns))
    return shown === undefined ? 'hidden' : { mask: String(shown.as) }
  }

  #type(name: string) {
    const type = this.#types.get(name)
    if (type === undefined) throw new Error(name)
    return type
  }
}

function anyHolds(rules: readonly string[] | undefined, viewer: OracleViewer, owns: boolean): boolean {
  return rules?.some((rule) => ruleHolds(rule, viewer, owns)) === true
}

function ruleHolds(rule: string, viewer: OracleViewer, owns: boolean): boolean {
  if (rule === 'everyone') return true
  if (viewer.anonymous === true) return false
  if (rule === 'authenticated') return true
  if (rule === 'owner') return owns
  if (rule.startsWith('role:')) return viewer.roles?.includes(rule.slice(5)) === true
  if (rule.startsWith('scope:')) return viewer.scopes?.includes(rule.slice(6)) === true
  const all = /^all\((.*)\)$/.exec(rule)?.[1]
  if (all === undefined) throw new Error(`The oracle does not know the rule ${rule}.`)
  return all.split(',').every((part) => ruleHolds(part.trim(), viewer, owns))
}

function directivesOf(node: ObjectTypeDefinitionNode | FieldDefinitionNode): OracleField['directives'] {
  const uses: Record<string, Record<string, unknown>[]> = {}
  for (const use of node.directives ?? []) (uses[use.name.value] ??= []).push(argumentsOf(use))
  return uses
}

function argumentsOf(use: ConstDirectiveNode): Record<string, unknown> {
  return Object.fromEntries(
    (use.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  )
}

function namedType(type: TypeNode, list = false): { type: string; list: boolean } {
  if (type.kind === Kind.NAMED_TYPE) return { type: type.name.value, list }
  return namedType(type.type, list || type.kind === Kind.LIST_TYPE)
}
