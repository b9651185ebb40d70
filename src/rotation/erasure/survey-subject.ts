import { scanPages } from '../scan-pages.ts'
import { isLeft, type ErasableDocument, type SubjectCollection } from './subject-collection.ts'

/** What an erasure would take, of one model. */
export interface TypeSurvey {
  readonly type: string
  readonly mode: 'REDACT' | 'DELETE'
  readonly documents: number
  readonly values: readonly { readonly field: string; readonly count: number }[]
}

/** What there is of a subject. Plain data, without names that have dots as keys: it is in the checkpoint of a job. */
export interface SubjectSurvey {
  /** Of each model, also those that have nothing. */
  readonly types: readonly TypeSurvey[]
  /** Coordinates whose values something confirms; whose keys others share; that are stored in clear. */
  readonly confirmable: readonly string[]
  readonly shared: readonly string[]
  readonly clear: readonly string[]
}

const pageSize = 500

/** Counts what documents of a subject hold. Changes nothing. */
export async function surveySubject(
  collections: readonly SubjectCollection[],
  tenant: string,
  subject: string,
  onPage: (page: readonly ErasableDocument[]) => Promise<void> = () => Promise.resolve(),
): Promise<SubjectSurvey> {
  const types: TypeSurvey[] = []
  const kinds = { confirmable: new Set<string>(), shared: new Set<string>(), clear: new Set<string>() }
  for (const collection of collections) {
    const { name, mode, fields } = collection
    const values: Record<string, number> = {}
    let documents = 0
    await scanPages({
      read: (after, limit) => collection.read(tenant, subject, after, limit),
      nameOf: ({ id }) => id,
      pageSize,
      work: (page) => Promise.resolve(page.filter((document) => isLeft(collection, document))),
      done: async (left) => {
        documents += left.length
        for (const [coordinate, count] of left.flatMap((document) => Object.entries(document.values))) {
          values[coordinate] = (values[coordinate] ?? 0) + count
        }
        await onPage(left)
      },
    })
    for (const coordinate of Object.keys(values)) {
      const field = fields.get(coordinate)
      if (field?.confirmable === true) kinds.confirmable.add(coordinate)
      // What the schema does not know may be anything.
      if (field?.keys === 'shared') kinds.shared.add(coordinate)
      else if (field?.keys !== 'own') kinds.clear.add(coordinate)
    }
    const counted = Object.entries(values).map(([field, count]) => ({ field, count }))
    types.push({ type: name, mode, documents, values: counted })
  }
  const { confirmable, shared, clear } = kinds
  return { types, confirmable: [...confirmable], shared: [...shared], clear: [...clear] }
}

/** The survey in lines for people. */
export function describeSurvey({ types }: SubjectSurvey, done: boolean): readonly string[] {
  return types.map(({ type, mode, documents, values }) => {
    const total = values.reduce((sum, { count }) => sum + count, 0)
    const verb = { REDACT: 'redacted', DELETE: 'deleted' }[mode]
    const would = done ? '' : 'to be '
    return `${type}: ${documents} documents ${would}${verb}, with ${total} values`
  })
}
