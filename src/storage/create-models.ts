import mongoose, { type Connection, type IndexDefinition, type Model } from 'mongoose'

import type { FieldPolicy, FieldType, ModelPolicy, Policies } from '../directives/policies.ts'
import { isStoredSealed, stored } from '../directives/policies.ts'
import { SealedPath } from './sealed-path.ts'

export type StoredDocument = Record<string, unknown>
export type StoredModel = Model<StoredDocument>

/**
 * Makes the mongoose model of each model policy: strict, without Mixed but for JSON, indexes as declared. Fields may bear the
 * names of mongoose's own methods: documents are lean, so none is hidden.
 */
export function createModels(connection: Connection, policies: Policies): ReadonlyMap<string, StoredModel> {
  const models = new Map<string, StoredModel>()
  for (const model of policies.models.values()) {
    const schema = new mongoose.Schema<StoredDocument>(
      {
        ...definitionOf(model.fields, policies),
        [stored.id]: { type: String, required: true },
        [stored.tenant]: { type: String, required: true },
        [stored.subject]: { type: String, required: true },
        [stored.revision]: { type: Number, required: true },
        [stored.erased]: { type: Date, default: undefined },
      },
      {
        strict: 'throw',
        strictQuery: false,
        versionKey: false,
        minimize: false,
        autoIndex: false,
        autoCreate: false,
        suppressReservedKeysWarning: true,
      },
    )
    for (const [keys, options] of indexesOf(model, policies)) schema.index(keys, options)
    models.set(model.name, connection.model<StoredDocument>(model.name, schema, model.collection))
  }
  return models
}

function definitionOf(fields: readonly FieldPolicy[], policies: Policies): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(
        ({ name, type, protection }) =>
          name !== 'id' && type.kind !== 'relation' && protection.kind !== 'discarded',
      )
      .map((field) => [
        field.stored,
        isStoredSealed(field) ? { type: SealedPath } : typeOf(field.type, policies),
      ]),
  )
}

function typeOf(type: FieldType, policies: Policies): unknown {
  const single = singleTypeOf(type, policies)
  return type.list ? { type: [single], default: undefined } : { type: single, default: undefined }
}

const scalarTypes = {
  ID: String,
  String: String,
  Int: Number,
  Float: Number,
  Boolean: Boolean,
  BigInt: BigInt,
  Date: String,
  DateTime: Date,
  JSON: mongoose.Schema.Types.Mixed,
} as const

function singleTypeOf(type: FieldType, policies: Policies): unknown {
  if (type.kind === 'scalar') return scalarTypes[type.name]
  if (type.kind !== 'embedded') return String
  const embedded = policies.embedded.get(type.name)
  const definition = {
    ...definitionOf(embedded?.fields ?? [], policies),
    ...(embedded?.identified === true ? { [stored.id]: { type: String, required: true } } : {}),
  }
  return new mongoose.Schema(definition, {
    _id: false,
    strict: 'throw',
    minimize: false,
    suppressReservedKeysWarning: true,
  })
}

type Index = [IndexDefinition, { unique?: boolean; sparse?: boolean; name?: string }]

function indexesOf(model: ModelPolicy, policies: Policies): readonly Index[] {
  const { tenant, subject, id } = stored
  const indexes: Index[] = [
    [{ [tenant]: 1, [id]: 1 }, {}],
    [{ [tenant]: 1, [subject]: 1, [id]: 1 }, {}],
  ]
  const { retention } = model
  // Redacted documents lie behind the others, whatever their age.
  if (retention !== undefined) indexes.push([{ [stored.erased]: 1, [retention.by?.stored ?? id]: 1 }, {}])
  const keys = relationKeys(model, policies)
  for (const field of model.fields) {
    const { protection, index } = field
    if (protection.kind === 'encrypted' && protection.searchable) {
      for (const slot of ['t0', 't1']) {
        indexes.push([{ [`${field.stored}.${slot}`]: 1 }, { sparse: true, unique: protection.unique }])
      }
    }
    if (index?.unique === true) indexes.push([{ [tenant]: 1, [field.stored]: 1 }, { unique: true }])
    else if (index !== undefined || keys.has(field.name))
      indexes.push([{ [tenant]: 1, [field.stored]: 1, [id]: 1 }, {}])
  }
  return indexes
}

/** Fields of a model by which others are joined to it. */
function relationKeys(model: ModelPolicy, policies: Policies): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { fields } of policies.models.values()) {
    for (const { type } of fields) {
      if (type.kind === 'relation' && type.list && type.name === model.name) keys.add(type.key)
    }
  }
  return keys
}
