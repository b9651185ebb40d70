import { type DocumentNode, Kind } from 'graphql'

import { type Config, loadConfig } from '../../config/load-config.ts'
import type { StreamOptions } from '../../crypto/stream/encrypt-stream.ts'
import { createKeyTuple, type KeyTuple } from '../../crypto/key-tuple.ts'
import { GatewayError } from '../../errors.ts'
import { openKeyRing } from '../../server/open-key-ring.ts'
import type { HolderOptions } from '../holder-options.ts'
import { openDatabase } from '../open-database.ts'
import { readSchema } from '../read-schema.ts'

/** Part of what a sealed file is bound to; `docs/stream-format.md` names it. */
const context = ['file']

/**
 * Runs what seals or opens a file, with the keys of the gateway that the configuration describes, beside it or while it is
 * not running.
 *
 * @param mayBegin - whether the data folder is made if there is none.
 */
export async function withFileKeys<T>(
  options: HolderOptions,
  mayBegin: boolean,
  use: (options: StreamOptions) => Promise<T>,
): Promise<T> {
  const config = loadConfig(options)
  const tuple = tupleOf(options, config)
  const database = await openDatabase(config, mayBegin)
  try {
    const { keys, keyRights: rights, keysDatabaseName } = config.gateway
    const storage = { uri: database.uri, keysDatabase: keysDatabaseName }
    const { keyRing, close } = await openKeyRing({ keys, storage, keks: [tuple], rights })
    return await use({ keys: keyRing, tuple, context }).finally(close)
  } finally {
    await database.close()
  }
}

/** @throws CONFIGURATION_INVALID for a key type that the schema does not know: it would get keys of its own. */
function tupleOf({ keyType = 'PII', tenant, subject }: HolderOptions, config: Config): KeyTuple {
  const keyTypes = keyTypesOf(readSchema(config.gateway.schemaFolder).document)
  if (!keyTypes.includes(keyType)) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `There is no such key type. The schema has: ${keyTypes.join(', ')}.`,
    })
  }
  const holder = { tenant: tenant ?? config.defaultTenant }
  return createKeyTuple(
    subject === undefined
      ? { ...holder, scope: 'TENANT', scopeId: '' }
      : { ...holder, scope: 'SUBJECT', scopeId: subject },
    keyType,
    'REVEAL',
  )
}

function keyTypesOf({ definitions }: DocumentNode): readonly string[] {
  return definitions.flatMap((definition) =>
    (definition.kind === Kind.ENUM_TYPE_DEFINITION || definition.kind === Kind.ENUM_TYPE_EXTENSION) &&
    definition.name.value === 'KeyType'
      ? (definition.values?.map(({ name }) => name.value) ?? [])
      : [],
  )
}
