import type { Storage } from '../../src/storage/connect-storage.ts'
import type { Repository } from '../../src/storage/repository.ts'

/**
 * Takes the database out of the way of reads: documents are read once, as the driver gives them, and from then on a model's
 * repository answers with fresh copies of them. Everything above the repository stays as it is.
 */
export async function holdInMemory({ repositories }: Storage, model: string): Promise<readonly string[]> {
  const repository = repositories.get(model)
  if (repository === undefined) throw new TypeError(`no model ${model}`)
  const documents = await repository.list({ rows: { tenant: 'default' }, limit: 1_000 })
  const byId = new Map(documents.map((document) => [String(document._id), document]))
  const held: Pick<Repository, 'findById' | 'list'> = {
    findById(_rows, id) {
      const document = byId.get(id)
      return Promise.resolve(document === undefined ? null : { ...document })
    },
    list({ limit }) {
      return Promise.resolve(documents.slice(0, limit).map((document) => ({ ...document })))
    },
  }
  Object.assign(repository, held)
  return [...byId.keys()]
}
