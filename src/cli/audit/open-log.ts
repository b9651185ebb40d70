import { existsSync } from 'node:fs'

import type { AuditArchive } from '../../audit/archive.ts'
import { chainKeyTuple } from '../../audit/chain-key.ts'
import { readFileArchive } from '../../audit/file-archive.ts'
import { identitiesKeyTuple } from '../../audit/identities.ts'
import type { Config } from '../../config/load-config.ts'
import type { KeyRing } from '../../crypto/key-ring.ts'
import { GatewayError } from '../../errors.ts'
import { openKeyRing } from '../../server/open-key-ring.ts'
import { openAuditArchive } from '../../storage/open-audit-archive.ts'
import { openDatabase } from '../open-database.ts'

export interface OpenLog {
  readonly archive: AuditArchive
  readonly keyRing: KeyRing
  readonly close: () => Promise<void>
}

/** The log of the database, or of a file; its keys are in the database in any case. */
export async function openLog(config: Config, file: string | undefined): Promise<OpenLog> {
  const fromFile = file === undefined ? undefined : await readFileArchive(existing(file))
  const closing: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const one of closing.reverse()) await one()
  }
  try {
    const database = await openDatabase(config)
    closing.push(database.close)
    const { keys, keysDatabaseName, databaseName } = config.gateway
    const keyRing = await openKeyRing({
      keys,
      storage: { uri: database.uri, keysDatabase: keysDatabaseName },
      rights: config.gateway.keyRights,
      keks: [chainKeyTuple, identitiesKeyTuple(config.defaultTenant)],
    })
    closing.push(keyRing.close)
    if (fromFile !== undefined) return { archive: fromFile, keyRing: keyRing.keyRing, close }
    const stored = await openAuditArchive({ uri: database.uri, database: databaseName })
    closing.push(stored.close)
    return { archive: stored.archive, keyRing: keyRing.keyRing, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @throws CONFIGURATION_INVALID when there is no such file */
export function existing(path: string): string {
  if (existsSync(path)) return path
  throw new GatewayError('CONFIGURATION_INVALID', { message: `There is no file ${path}.` })
}
