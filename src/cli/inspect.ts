import type { Command } from 'commander'

import { loadConfig, type Overrides } from '../config/load-config.ts'
import { GatewayError } from '../errors.ts'
import { openRawReader } from '../storage/raw-reader.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { findModel } from './find-model.ts'
import { describeStored, type StoredPath } from './inspect/describe-stored.ts'
import { printStored } from './inspect/print-stored.ts'
import { openDatabase } from './open-database.ts'
import { readSchema } from './read-schema.ts'
import { runCommand } from './run-command.ts'

interface InspectOptions extends Pick<Overrides, 'schema' | 'data'> {
  readonly tenant?: string
  readonly bytes?: boolean
  readonly json?: boolean
}

export function registerInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('Show a document as the database holds it. Decrypts nothing and needs no keys.')
    .argument('<type>', 'a model of the schema, such as Customer')
    .argument('<id>', "the document's id")
    .option('--tenant <tenant>', 'whose document it is (default: SEALGATE_TENANT, or default)')
    .option('--bytes', 'show the stored bytes too, as base64')
  addConfigOptions(command, ['schema', 'data'])
    .option('--json', 'print one line of JSON')
    .action(runCommand(inspect))
  describeUse(command, {
    examples: [
      'sealgate inspect Customer 0198c3a4b5d60000c7f2a1e9',
      'sealgate inspect Customer 0198c3a4b5d60000c7f2a1e9 --bytes --json',
    ],
    exits: { 1: 'there is no such document, or a path that the schema protects is not sealed' },
  })
}

async function inspect(type: string, id: string, options: InspectOptions): Promise<void> {
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
