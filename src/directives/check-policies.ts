import type { FieldDefinitionNode, ObjectTypeDefinitionNode } from 'graphql'

import { masks } from '../masking/index.ts'
import {
  type FieldPolicy,
  isProtected,
  type ModelPolicy,
  type Policies,
  type TypePolicy,
} from './policies.ts'
import type { FieldReader } from './read-field.ts'
import type { TypeIndex } from './read-field-type.ts'
import { answerWithoutKey } from './stand-in.ts'

const cardVerificationCode =
  /^(card)?_?(cvv2?|cvc2?|csc|cid|ccv|cvn|(card)?_?(verification|security)_?(code|value|number))$|credit_?card_?ccv/i

/** Reports what a field's directives contradict. */
export function checkField(
  field: FieldPolicy,
  node: FieldDefinitionNode,
  owner: ObjectTypeDefinitionNode,
  { args, problems }: FieldReader,
): void {
  const { protection, type, masks: fieldMasks } = field
  const report = (message: string, fix: string): void => {
    problems.add(node, `${field.coordinate}: ${message}`, fix)
  }
  if (type.kind === 'relation') {
    if (!args.has(owner, 'model')) report('relations start at models.', 'move the field to the model.')
    if (isProtected(field)) report('a relation is protected by its target.', `put @access on ${type.name}.`)
  }
  if (field.name.startsWith('_')) report('names that start with _ are reserved.', 'rename the field.')
  for (const name of new Set([field.name, field.stored])) {
    if (!(name in Object.prototype) && name !== 'toBSON') continue
    report(`every JavaScript object has "${name}", or its encoder calls it.`, 'rename the field, or @stored.')
  }
  if (node.arguments?.length) report('stored fields take no arguments.', 'remove the arguments.')
  const isKey = field.name === 'id' || args.has(node, 'subject')
  if (isKey && (isProtected(field) || type.kind !== 'scalar' || type.name !== 'ID' || type.list)) {
    report(
      'ids and subjects are plain values of type ID, not lists.',
      'make it `ID`, without protecting directives.',
    )
  }
  if (args.has(node, 'subject') && !args.has(owner, 'model')) {
    report('a subject is that of a document.', 'move the field to the model.')
  }
  if (field.name === 'id' && args.has(node, 'stored')) {
    report('ids are stored as `_id`.', 'remove @stored.')
  }
  if (protection.kind !== 'plain' && type.kind !== 'scalar' && type.kind !== 'enum') {
    report(
      'only scalars and enums can be protected.',
      'put the directive on the fields of the embedded type.',
    )
  }
  if (protection.kind === 'encrypted' && protection.searchable && !isSearchable(field)) {
    report('search needs a single String, ID, Int, BigInt or Date.', 'remove `searchable` and `unique`.')
  }
  const withoutKey = answerWithoutKey(field)
  if (withoutKey === 'MASK' && fieldMasks.length === 0) {
    report(
      'there is no mask to show while the key is not available.',
      'add @masked, or choose another `onKeyUnavailable`.',
    )
  }
  if (withoutKey === 'NULL' && type.required) {
    report(
      'it may not be null, whether its key is available or not.',
      'remove the `!`, or choose another `onKeyUnavailable`.',
    )
  }
  if (field.formats.length > 0 && (type.kind !== 'scalar' || type.name !== 'String')) {
    report('@format is for String.', 'remove it; other scalars have formats of their own.')
  }
  if (protection.kind === 'hashed' && (type.kind !== 'scalar' || type.name !== 'String' || type.list)) {
    report('@hashed is for a single String.', 'change the type or the directive.')
  }
  if ((protection.kind === 'hashed' || protection.kind === 'discarded') && fieldMasks.length > 0) {
    report('what is never read has no mask.', 'remove @masked.')
  }
  if ((protection.kind === 'hashed' || protection.kind === 'discarded') && field.access.read !== undefined) {
    report(
      'what is never read has no rule for readers.',
      'remove `read`; who may verify is for @hashed(verify: […]).',
    )
  }
  if (
    field.index !== undefined &&
    (isProtected(field) || type.kind === 'embedded' || type.kind === 'relation')
  ) {
    report('@index is for plain scalar fields.', 'search a protected field by @encrypted(searchable: true).')
  }
  const indexed = field.index !== undefined || (protection.kind === 'encrypted' && protection.searchable)
  if (indexed && !args.has(owner, 'model')) {
    report(
      'only fields of a model can be indexed and searched.',
      'remove it, or move the field to the model.',
    )
  }
  if (field.index?.unique === true && !type.required) {
    report('a unique index takes all documents without a value as equal.', 'make the field required.')
  }
  checkMasks(field, report)
  for (const { when } of field.formats) {
    if (when === undefined) continue
    const sibling = owner.fields?.find(({ name }) => name.value === when.field)
    if (sibling === undefined) {
      report(`@format names the field "${when.field}", which ${owner.name.value} has not.`, 'correct `when`.')
    } else if (['encrypted', 'hashed', 'discarded'].some((name) => args.has(sibling, name))) {
      report(`@format looks at "${when.field}", which is not stored in clear.`, 'name a plain field.')
    } else if (args.has(sibling, 'masked') || args.one(sibling, 'access')?.read != null) {
      const message = `@format looks at "${when.field}", which not every reader sees: what is refused would tell it.`
      report(message, 'name a field without @masked and without `read`.')
    }
  }
  if (cardVerificationCode.test(field.name) && protection.kind !== 'discarded') {
    const accepted = args.all(node, 'lintOff').some((off) => off.reason.trim().length >= 10)
    if (protection.kind !== 'hashed' || !accepted) {
      report(
        'PCI DSS 3.3.1 forbids keeping card verification codes after authorisation.',
        'use @discarded; or, where you must, @hashed with @lintOff(rule: CARD_VERIFICATION_CODE, reason: "…").',
      )
    }
  }
}

function isSearchable({ type }: FieldPolicy): boolean {
  return type.kind === 'scalar' && !type.list && ['String', 'ID', 'Int', 'BigInt', 'Date'].includes(type.name)
}

function checkMasks(field: FieldPolicy, report: (message: string, fix: string) => void): void {
  const { type } = field
  field.masks.forEach((mask, position) => {
    const fits = type.kind === 'scalar' && masks[mask.style].scalars.includes(type.name)
    if (!fits) {
      const suited = Object.entries(masks).filter(([, row]) => row.scalars.includes(type.name))
      const names = suited.map(([style]) => style).join(', ')
      const fix =
        names === '' ? 'hide the field with @access(read: […]) instead.' : `styles that fit: ${names}.`
      report(`the mask ${mask.style} does not fit the type ${type.name}.`, fix)
    }
    if (masks[mask.style].keyed === true && field.protection.kind !== 'encrypted') {
      report(`the mask ${mask.style} is kept beside the ciphertext.`, 'add @encrypted to the field.')
    }
    if (field.masks.findIndex((other) => other.style === mask.style) !== position) {
      report(`the mask ${mask.style} is used twice.`, 'use each style once per field.')
    }
    if (mask.for === undefined && position < field.masks.length - 1) {
      report('a mask without `for` fits everyone, so those after it are never used.', 'put it last.')
    }
  })
}

/** Reports what the fields of a type contradict together. */
export function checkType(
  { name, fields }: TypePolicy,
  node: ObjectTypeDefinitionNode,
  { problems }: FieldReader,
): void {
  const paths = new Set<string>()
  for (const { stored } of fields) {
    if (paths.has(stored)) {
      problems.add(node, `${name}: two fields are stored as "${stored}".`, 'change one @stored.')
    }
    paths.add(stored)
  }
}

/** Reports embedded types that hold themselves: what is stored must end somewhere. */
export function checkNesting(policies: Policies, types: TypeIndex, { problems }: FieldReader): void {
  const holds = (name: string, sought: string, seen: Set<string>): boolean =>
    (policies.embedded.get(name)?.fields ?? []).some(({ type }) => {
      if (type.kind !== 'embedded' || seen.has(type.name)) return false
      return type.name === sought || holds(type.name, sought, seen.add(type.name))
    })
  for (const [name, node] of types.embedded) {
    if (!holds(name, name, new Set())) continue
    problems.add(node, `${name} holds itself.`, 'make it a @model, joined by @relation.')
  }
}

/** Reports what a model's fields contradict together. */
export function checkModel(
  model: ModelPolicy,
  policies: Policies,
  types: TypeIndex,
  reader: FieldReader,
): void {
  const node = types.models.get(model.name)
  if (node === undefined) return
  const report = (message: string, fix: string): void => {
    reader.problems.add(node, `${model.name}: ${message}`, fix)
  }
  const twin = [...policies.models.values()].find(({ collection }) => collection === model.collection)
  if (twin !== model) {
    report(
      `${twin?.name ?? ''} has the collection "${model.collection}" already.`,
      'name another: @model(collection: "…").',
    )
  }
  if (/^sealgate/i.test(model.collection)) {
    report(
      `the collection "${model.collection}" bears a reserved name.`,
      'name another: @model(collection: "…").',
    )
  }
  const id = model.fields.find((field) => field.name === 'id')
  if (id?.type.required !== true) report('a model needs a field `id: ID!`.', 'add it.')
  if (model.access.read === undefined) {
    report('nobody may read it.', 'say who: @access(read: ["owner", "role:…"], write: ["role:…"]).')
  }
  for (const field of model.fields) {
    if (field.type.kind !== 'relation') continue
    const target = policies.models.get(field.type.name)
    const holder = field.type.list ? target : model
    const { key } = field.type
    const keyField = holder?.fields.find((candidate) => candidate.name === key)
    const isKey = keyField?.type.kind === 'scalar' && keyField.type.name === 'ID' && !keyField.type.list
    if (!isKey || isProtected(keyField)) {
      const place = `${holder?.name ?? field.type.name}.${key}`
      reader.problems.add(
        node.fields?.find(({ name }) => name.value === field.name) ?? node,
        `${field.coordinate}: the relation needs a plain field ${place} of type ID, single and without protection.`,
        'correct @relation(field: …), or that field.',
      )
    }
  }
}
