import { erasableValues } from '../directives/erasable-values.ts'
import {
  type FieldPolicy,
  isErased,
  isStoredSealed,
  type ModelPolicy,
  type Policies,
  stored,
} from '../directives/policies.ts'
import { scopeId } from '../directives/scope-id.ts'
import { masks } from '../masking/index.ts'
import type {
  ErasableDocument,
  ErasedField,
  SubjectCollection,
} from '../rotation/erasure/subject-collection.ts'
import type { Storage } from '../storage/connect-storage.ts'
import type { Redaction } from '../storage/subject-documents.ts'

type StoredObject = Readonly<Record<string, unknown>>

/** What erasures work on: every model, as any may hold what is about a person. */
export function subjectCollections(
  policies: Policies,
  { subjectDocuments }: Storage,
): readonly SubjectCollection[] {
  return [...policies.models.values()].flatMap((model): SubjectCollection[] => {
    const documents = subjectDocuments.get(model.name)
    if (documents === undefined) return []
    const fields = erasedFields(model, policies)
    const ownsKeys = fieldsOf(model, policies).some(
      ({ protection }) => protection.kind === 'encrypted' && protection.scope === 'DOCUMENT',
    )
    const redactions = new WeakMap<ErasableDocument, Redaction>()
    const lookAt = (document: StoredObject): ErasableDocument => {
      const { counts, nulled, unset } = erasableValues(document, model, policies)
      const owner = {
        tenant: String(document[stored.tenant]),
        subject: String(document[stored.subject]),
        id: String(document[stored.id]),
      }
      const { tenant } = owner
      const ownKey = {
        tenant,
        scope: 'DOCUMENT',
        scopeId: scopeId('DOCUMENT', owner, model.collection),
      } as const
      const erasable = {
        ...owner,
        redacted: document[stored.erased] != null,
        values: counts,
        holders: ownsKeys ? [ownKey] : [],
      }
      redactions.set(erasable, { document, nulled, unset })
      return erasable
    }
    const { retention } = model
    return [
      {
        name: model.name,
        mode: model.erase,
        retention: retention && { days: retention.days, by: retention.by?.name },
        fields,
        read: async (tenant, subject, after, limit) =>
          (await documents.read(tenant, subject, after, limit)).map(lookAt),
        readUnredacted: async (tenant, subjects, limit) =>
          (await documents.readUnredacted(tenant, subjects, limit)).map(lookAt),
        readOlder: async (before, limit) =>
          (await documents.readOlder(retention?.by, before, limit)).map(lookAt),
        countOlder: (before) => documents.countOlder(retention?.by, before),
        erase: (erasable, at) => {
          const chosen = erasable.flatMap((one) => redactions.get(one) ?? [])
          return model.erase === 'DELETE'
            ? documents.remove(chosen.map(({ document }) => document))
            : documents.redact(chosen, at)
        },
      },
    ]
  })
}

function erasedFields(model: ModelPolicy, policies: Policies): ReadonlyMap<string, ErasedField> {
  const fields = fieldsOf(model, policies).filter((field) => isErased(field) || isStoredSealed(field))
  return new Map(fields.map((field) => [field.coordinate, describe(field)]))
}

function describe({ protection, masks: styles }: FieldPolicy): ErasedField {
  if (protection.kind === 'hashed') return { keys: 'own', confirmable: false }
  if (protection.kind !== 'encrypted') return { keys: 'none', confirmable: false }
  const shared = protection.scope === 'TENANT' || protection.scope === 'MODEL'
  return {
    keys: shared ? 'shared' : 'own',
    confirmable: protection.searchable || (shared && styles.some(({ style }) => masks[style].keyed === true)),
  }
}

/** The fields of a model and of what is embedded in it, each once. */
function fieldsOf({ fields }: ModelPolicy, policies: Policies): readonly FieldPolicy[] {
  const found = new Set<FieldPolicy>()
  const walk = (some: readonly FieldPolicy[]): void => {
    for (const field of some) {
      if (found.has(field)) continue
      found.add(field)
      if (field.type.kind === 'embedded') walk(policies.embedded.get(field.type.name)?.fields ?? [])
    }
  }
  walk(fields)
  return [...found]
}
