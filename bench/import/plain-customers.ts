import { join } from 'node:path'

import mongoose from 'mongoose'

import { FolderInUseError, startEmbeddedMongodb } from '../../src/embedded-mongodb/index.ts'
import type { Customer } from './customers.ts'

/** The peer: the same documents in plain, by bare mongoose in this process, in the same database server. */
export interface PlainCustomers {
  readonly insert: (customers: readonly Customer[]) => Promise<void>
  readonly findByEmail: (email: string) => Promise<boolean>
  readonly close: () => Promise<void>
}

const parts = { _id: false }

/** Fields and indexes as the gateway stores customers, but for the encryption. */
const schema = new mongoose.Schema({
  _tenant: String,
  _revision: Number,
  ...Object.fromEntries(
    ['fullName', 'email', 'phone', 'nationalId', 'birthDate', 'segment', 'country', 'since'].map((name) => [
      name,
      String,
    ]),
  ),
  income: Number,
  address: new mongoose.Schema({ street: String, city: String, postalCode: String, country: String }, parts),
  cards: [new mongoose.Schema({ number: String, holder: String, expiry: String }, parts)],
  bankAccounts: [new mongoose.Schema({ cuentaNumero: String, bank: String }, parts)],
})
schema.index({ email: 1 }, { unique: true, sparse: true })
schema.index({ nationalId: 1 }, { sparse: true })
for (const path of ['_id', 'segment', 'country']) schema.index({ _tenant: 1, [path]: 1 })

export async function openPlainCustomers(dataFolder: string): Promise<PlainCustomers> {
  const connection = mongoose.createConnection(`mongodb://127.0.0.1:${await findPort(dataFolder)}`, {
    dbName: 'bench',
    autoIndex: false,
  })
  const model = connection.model('Customer', schema)
  await model.createIndexes()
  return {
    insert: async (customers) => {
      const documents = customers.map((customer) => ({ ...customer, _tenant: 'default', _revision: 1 }))
      await model.insertMany(documents, { ordered: false, lean: true })
    },
    findByEmail: async (email) => (await model.findOne({ email }).lean().exec()) !== null,
    close: () => connection.close(),
  }
}

/** Where the embedded database of a running gateway listens. */
async function findPort(dataFolder: string): Promise<number> {
  try {
    const server = await startEmbeddedMongodb({ folder: join(dataFolder, 'database') })
    await server.close()
  } catch (error) {
    if (error instanceof FolderInUseError) return error.port
    throw error
  }
  throw new Error('No gateway runs on the folder.')
}
