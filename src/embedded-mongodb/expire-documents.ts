import { changeAll } from './commands/change-documents.ts'
import type { Engine } from './engine.ts'

/** How often documents of TTL indexes are looked at, in milliseconds: MongoDB's minute. */
export const expiryInterval = 60_000

/** Removes the documents whose date in a TTL index is older than the index allows. */
export async function expireDocuments(engine: Engine): Promise<void> {
  for (const { state } of engine.catalog.all()) {
    for (const { fields, expireAfterSeconds, partialFilter, building } of state.indexes) {
      const [field] = fields
      if (expireAfterSeconds === undefined || field === undefined || building) continue
      const expired = { [field.name]: { $lt: new Date(Date.now() - expireAfterSeconds * 1000) } }
      const filter = partialFilter === undefined ? expired : { $and: [partialFilter, expired] }
      await changeAll(engine, state, { filter }, ({ collection, idKey, document }) => {
        collection.remove(idKey, document)
      })
    }
  }
}
