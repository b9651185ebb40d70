import type { FieldDefinitionNode } from 'graphql'

import type { FormatDirectiveArgs, MaskedDirectiveArgs } from '../generated/directives.ts'
import type { FieldPolicy, FormatPolicy, MaskPolicy, Protection } from './policies.ts'
import type { AccessReader } from './read-access.ts'
import type { ArgumentReader } from './read-arguments.ts'
import { readFieldType, type TypeIndex } from './read-field-type.ts'
import type { SchemaProblems } from './schema-problems.ts'

export interface FieldReader {
  readonly types: TypeIndex
  readonly args: ArgumentReader
  readonly access: AccessReader
  readonly problems: SchemaProblems
}

/** One field's directives as a policy; undefined when its type cannot be stored, which is reported. */
export function readField(
  typeName: string,
  node: FieldDefinitionNode,
  reader: FieldReader,
): FieldPolicy | undefined {
  const type = readFieldType(node, reader.types, reader.args, reader.problems)
  if (type === undefined) return undefined
  const name = node.name.value
  const masked = reader.args.all(node, 'masked')
  const reveals = masked.flatMap(({ reveal }) => (reveal == null ? [] : [reveal]))
  if (reveals.length > 1) {
    reader.problems.add(
      node,
      '`reveal` is given more than once.',
      'give it in one of the @masked of the field.',
    )
  }
  const index = reader.args.one(node, 'index')
  return {
    name,
    coordinate: `${typeName}.${name}`,
    stored: readStored(node, reader),
    type,
    protection: readProtection(node, reader),
    masks: masked.map((mask) => readMask(node, mask, reader)),
    reveal: masked.length === 0 ? undefined : reader.access.rules(node, reveals[0] ?? []),
    access: reader.access.read(node),
    index: index === undefined ? undefined : { unique: index.unique },
    formats: reader.args.all(node, 'format').map((use) => readFormat(node, use, reader)),
    personal: reader.args.has(node, 'personal'),
  }
}

function readStored(node: FieldDefinitionNode, { args, problems }: FieldReader): string {
  const given = args.one(node, 'stored')
  if (given === undefined) return node.name.value === 'id' ? '_id' : node.name.value
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(given.as)) {
    problems.add(node, `"${given.as}" cannot be a stored path.`, 'use letters, digits and underscores.')
  }
  return given.as
}

function readProtection(node: FieldDefinitionNode, { args, access, problems }: FieldReader): Protection {
  const encrypted = args.one(node, 'encrypted')
  const hashed = args.one(node, 'hashed')
  const discarded = args.has(node, 'discarded')
  if ([encrypted !== undefined, hashed !== undefined, discarded].filter(Boolean).length > 1) {
    problems.add(node, '@encrypted, @hashed and @discarded exclude each other.', 'keep one of them.')
  }
  if (discarded) return { kind: 'discarded' }
  if (hashed !== undefined) {
    if (hashed.tries < 1 || hashed.tries > 100) {
      problems.add(node, '`tries` must lie between 1 and 100.', 'state how many wrong attempts are allowed.')
    }
    const verify = hashed.verify == null ? undefined : access.rules(node, hashed.verify)
    return { kind: 'hashed', tries: hashed.tries, verify }
  }
  if (encrypted === undefined) return { kind: 'plain' }
  return {
    kind: 'encrypted',
    keyType: encrypted.key,
    scope: encrypted.scope,
    searchable: encrypted.searchable || encrypted.unique,
    unique: encrypted.unique,
    normalize: encrypted.normalize,
    pad: encrypted.pad,
    onKeyUnavailable: encrypted.onKeyUnavailable,
  }
}

function readMask(
  node: FieldDefinitionNode,
  mask: MaskedDirectiveArgs,
  { access, problems }: FieldReader,
): MaskPolicy {
  if (mask.step != null && (mask.as !== 'ROUND' || !(Number.isSafeInteger(mask.step) && mask.step >= 2))) {
    problems.add(
      node,
      '`step` is a whole number of 2 or more, and goes with ROUND only.',
      'remove `step` or correct it.',
    )
  }
  return {
    style: mask.as,
    step: mask.step ?? undefined,
    for: mask.for == null ? undefined : access.rules(node, mask.for),
  }
}

function readFormat(
  node: FieldDefinitionNode,
  use: FormatDirectiveArgs,
  { problems }: FieldReader,
): FormatPolicy {
  if ((use.when == null) !== (use.is == null)) {
    problems.add(node, '`when` and `is` of @format go together.', 'give both or neither.')
  }
  const when = use.when == null || use.is == null ? undefined : { field: use.when, is: use.is }
  return { format: use.as, when }
}
