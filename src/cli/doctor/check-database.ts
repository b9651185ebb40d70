import mongoose from 'mongoose'

import type { Config } from '../../config/load-config.ts'
import { GatewayError } from '../../errors.ts'
import { openDatabase } from '../open-database.ts'
import { checkClock } from './check-clock.ts'
import { describeFailure, failure, type Finding, ok, warning } from './finding.ts'

const check = 'Database'
const oldestMajor = 6

/** Connects, asks what the server is, and writes nothing. */
export async function checkDatabase(config: Config): Promise<readonly Finding[]> {
  const embedded = config.database.kind === 'embedded'
  let database
  try {
    database = await openDatabase(config)
  } catch (error) {
    const missing = error instanceof GatewayError && error.code === 'CONFIGURATION_INVALID'
    return missing
      ? [ok(check, 'embedded, is made at the first start')]
      : [
          failure(
            check,
            describeFailure(error),
            'restore the data folder from a backup, or name another one.',
          ),
        ]
  }
  try {
    return await askServer(database.uri, embedded)
  } finally {
    await database.close()
  }
}

async function askServer(uri: string, embedded: boolean): Promise<readonly Finding[]> {
  let client: mongoose.mongo.MongoClient | undefined
  try {
    client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 5_000 })
    await client.connect()
    const admin = client.db('admin')
    const asked = Date.now()
    const hello = await admin.command({ hello: 1 })
    const answered = Date.now()
    const build = await admin.command({ buildInfo: 1 })
    const hosts = client.options.hosts.map(String).join(', ')
    return [
      describeServer(hello, build, embedded ? 'embedded' : hosts, embedded),
      ...(hello.localTime instanceof Date
        ? [checkClock(check, hello.localTime.getTime(), asked, answered)]
        : []),
    ]
  } catch (error) {
    const { name } = error as Error
    const refused =
      name === 'MongoServerError' ? 'The server refused the login or the question.' : 'No answer.'
    return [failure(check, refused, 'start the server, and check MONGODB_URI: host, user, password, TLS.')]
  } finally {
    await client?.close()
  }
}

type Reply = Readonly<Record<string, unknown>>

function describeServer(hello: Reply, build: Reply, place: string, embedded: boolean): Finding {
  const version = String(build.version)
  const product = 'ferretdb' in build || 'ferretdbVersion' in build ? 'FerretDB, as MongoDB' : 'MongoDB'
  const topology =
    typeof hello.setName === 'string'
      ? `replica set ${hello.setName}`
      : hello.msg === 'isdbgrid'
        ? 'sharded cluster'
        : 'standalone'
  const detail = embedded
    ? `embedded, as MongoDB ${version}, ${topology}`
    : `${product} ${version}, ${topology}, at ${place}`
  if (Number(version.split('.', 1)[0]) < oldestMajor)
    return failure(check, detail, `use MongoDB ${oldestMajor} or newer.`)
  if (topology === 'standalone' && !embedded)
    return warning(
      check,
      detail,
      'use a replica set, so that what was acknowledged outlives the loss of a server.',
    )
  return ok(check, detail)
}
