import { loadConfig } from '../../config/load-config.ts'
import type { Kek } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import { countDataKeys } from '../../rotation/count-data-keys.ts'
import { kekName } from '../../rotation/kek-name.ts'
import type { KeysOptions } from '../keys.ts'
import { type OpenKeys, withKeys } from './open-keys.ts'
import { runKeyJob } from './run-key-job.ts'

export interface MigrateOptions extends KeysOptions {
  readonly to: string
}

/** A rewrap of everything that there is, also of key types that the schema names no more, and of canaries without a key. */
export function migrate(options: MigrateOptions): Promise<void> {
  const { to } = options
  const { keys } = loadConfig(options).gateway
  if (keys.provider !== to || keys.previous === undefined) {
    const message = `To move keys to ${to}, set SEALGATE_KEYS=${to}, and SEALGATE_PREVIOUS_KEYS to the key service that they come from, for the gateways as well.`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
  return withKeys(options, async (opened) => {
    const keks = await everyKek(opened)
    await opened.tools.provider.prepare(keks)
    await runKeyJob(opened, 'rewrap', { keks, keyService: to }, options)
  })
}

async function everyKek({ keks, tools }: OpenKeys): Promise<readonly Kek[]> {
  const stored = (await countDataKeys(tools)).map(({ keyType, purpose }) => ({ keyType, purpose }))
  const proven = await tools.keyStore.listCanaries()
  return [...new Map([...keks, ...stored, ...proven].map((kek) => [kekName(kek), kek])).values()]
}
