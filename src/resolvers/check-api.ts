import { type DocumentNode, Kind, parse, specifiedScalarTypes } from 'graphql'

import type { ModelPolicy, Policies, TypePolicy } from '../directives/policies.ts'
import { SchemaProblems } from '../directives/schema-problems.ts'
import { apiNames, isFilterable, isReadable, isWritable, verifyName } from './api-names.ts'
import { apiSdl } from './api-sdl.ts'
import { checkMaskOutputs } from './check-mask-outputs.ts'
import { keyOperations } from './key-api.ts'

type Report = (coordinate: string, message: string, fix: string) => void

/**
 * Checks what an SDL makes of the API that is generated from it, before anything is connected.
 *
 * @param withKeys - whether the part about keys belongs to it
 * @throws GatewayError SCHEMA_INVALID that names every mistake with file, line, excerpt and fix
 */
export function checkApi(document: DocumentNode, policies: Policies, withKeys = true): void {
  const problems = new SchemaProblems()
  const report: Report = (coordinate, message, fix) => {
    const [typeName, fieldName] = coordinate.split('.')
    for (const type of document.definitions) {
      if (!('name' in type) || type.name?.value !== typeName) continue
      const fields = type.kind === Kind.OBJECT_TYPE_DEFINITION ? (type.fields ?? []) : []
      problems.add(
        fields.find(({ name }) => name.value === fieldName) ?? type,
        `${coordinate}: ${message}`,
        fix,
      )
      return
    }
  }
  const types = [...policies.models.values(), ...policies.embedded.values()]
  for (const type of types) checkFields(type, report)
  checkMaskOutputs(types, report)
  checkOperationNames(policies, withKeys, report)
  problems.throwIfAny()
  checkTypeNames(document, policies, withKeys, report)
  problems.throwIfAny()
}

/** GraphQL has no empty types, and a filter's combinators stand beside its fields. */
function checkFields(type: TypePolicy, report: Report): void {
  const showsId = type.kind === 'model' || type.identified
  if (!showsId && !type.fields.some(isReadable)) {
    report(type.name, 'it has no field that can be read.', 'add one, or move its fields to what embeds it.')
  }
  if (!type.fields.some(isWritable)) {
    report(type.name, 'it has no field that can be written.', 'add one.')
  }
  if (type.kind !== 'model') return
  for (const field of type.fields) {
    if (!isFilterable(field) || !['and', 'or', 'not'].includes(field.name)) continue
    report(
      field.coordinate,
      'filters combine conditions by this name.',
      'rename the field; @stored keeps its path.',
    )
  }
}

/** Reports operations of two models, or of one, that would bear one name. */
function checkOperationNames(policies: Policies, withKeys: boolean, report: Report): void {
  const owners = new Map<string, string>()
  for (const [root, names] of withKeys ? Object.entries(keyOperations) : []) {
    for (const name of names) owners.set(`${root}.${name}`, 'the API for keys')
  }
  const take = (root: string, name: string, owner: TypePolicy): void => {
    const taken = owners.get(`${root}.${name}`)
    if (taken !== undefined) {
      const message = `its operation ${name} bears the name of one of ${taken}.`
      report(owner.name, message, 'name another collection, or rename the type.')
    }
    owners.set(`${root}.${name}`, owner.name)
  }
  for (const model of policies.models.values()) {
    for (const [root, name] of operationsOf(model)) take(root, name, model)
  }
  for (const type of [...policies.models.values(), ...policies.embedded.values()]) {
    for (const field of type.fields) {
      if (field.protection.kind === 'hashed') take('Mutation', verifyName(type.name, field), type)
    }
  }
}

function operationsOf(model: ModelPolicy): readonly (readonly [root: string, name: string])[] {
  const names = apiNames(model)
  return [
    ['GET', 'Query', names.get] as const,
    ['LIST', 'Query', names.list] as const,
    ['CREATE', 'Mutation', names.create] as const,
    ['CREATE_MANY', 'Mutation', names.createMany] as const,
    ['UPDATE', 'Mutation', names.update] as const,
    ['DELETE', 'Mutation', names.delete] as const,
  ].flatMap(([operation, root, name]) => (model.operations.has(operation) ? [[root, name] as const] : []))
}

/** Reports types of the SDL that bear the names of generated ones, and models whose generated types would meet. */
function checkTypeNames(document: DocumentNode, policies: Policies, withKeys: boolean, report: Report): void {
  const fix = 'rename the type.'
  const generated = new Set(specifiedScalarTypes.map(({ name }) => name))
  for (const definition of parse(apiSdl(policies, withKeys)).definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_EXTENSION) continue
    const name = 'name' in definition ? (definition.name?.value ?? '') : ''
    if (generated.has(name)) {
      const owner = [...policies.models.values()].find((model) =>
        Object.values(apiNames(model)).includes(name),
      )
      report(owner?.name ?? name, `the type ${name} would be generated twice.`, fix)
    }
    generated.add(name)
  }
  generated.add('Mutation').add('Subscription')
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.ENUM_TYPE_DEFINITION)
      continue
    const name = definition.name.value
    if (generated.has(name)) report(name, 'the API has a type of this name already.', fix)
    if (name.startsWith('__')) report(name, 'names that start with __ are reserved.', fix)
  }
}
