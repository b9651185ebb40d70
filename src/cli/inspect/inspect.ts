import { loadConfig } from '../../config/load-config.ts'
import { GatewayError } from '../../errors.ts'
import { openRawReader } from '../../storage/raw-reader.ts'
import { findModel } from '../find-model.ts'
import type { InspectOptions } from '../inspect.ts'
import { openDatabase } from '../open-database.ts'
import { readSchema } from '../read-schema.ts'
import { describeStored, type StoredPath } from './describe-stored.ts'
import { printStored } from './print-stored.ts'

export async function inspect(type: string, id: string, options: InspectOptions): Promise<void> {
  const config = loadConfig(options)
  const { policies } = readSchema(config.gateway.schemaFolder)
  const model = findModel(policies, type)
  const tenant = options.tenant ?? config.defaultTenant
  const document = await readDocument(config, model.collection, tenant, id)
  if (document === null) {
    throw new GatewayError('NOT_FOUND', {
      message: `There is no ${type} of that id in the tenant ${tenant}.`,
    })
  }
  const paths = describeStored(document, model, policies)
  const { json = false, bytes = false } = options
  const { collection } = model
  process.stdout.write(
    json
      ? `${JSON.stringify({ collection, tenant, id, paths: bytes ? paths : paths.map(withoutBytes) })}\n`
      : `\n  ${collection} in ${config.gateway.databaseName}\n\n${printStored(paths, bytes)}\n\n`,
  )
  if (paths.some(({ kind }) => kind === 'exposed')) process.exitCode = 1
}

async function readDocument(
  config: ReturnType<typeof loadConfig>,
  collection: string,
  tenant: string,
  id: string,
): Promise<Record<string, unknown> | null> {
  const database = await openDatabase(config)
  try {
    const reader = await openRawReader({ uri: database.uri, database: config.gateway.databaseName })
    return await reader.find(collection, tenant, id).finally(() => reader.close())
  } finally {
    await database.close()
  }
}

function withoutBytes(path: StoredPath): unknown {
  if (!('sealed' in path)) return path
  const { ciphertext, masks, terms } = path.sealed
  const strip = ({ base64: _, ...rest }: typeof ciphertext) => rest
  return {
    ...path,
    sealed: {
      ciphertext: strip(ciphertext),
      masks: Object.fromEntries(Object.entries(masks).map(([style, mask]) => [style, strip(mask)])),
      terms: Object.keys(terms),
    },
  }
}
