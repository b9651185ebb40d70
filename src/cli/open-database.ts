import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Config } from '../config/load-config.ts'
import { FolderInUseError, startEmbeddedMongodb } from '../embedded-mongodb/index.ts'
import { GatewayError } from '../errors.ts'

export interface Database {
  readonly uri: string
  /** Stops the embedded database, if it was started for this. */
  readonly close: () => Promise<void>
}

/**
 * The database of a gateway that is to run: the configured server, or the embedded one of the data folder.
 * @throws CONFIGURATION_INVALID when another gateway has the data folder
 */
export async function startDatabase(config: Config): Promise<Database> {
  if (config.database.kind === 'mongodb') return connectTo(config.database.uri)
  try {
    return await startEmbeddedMongodb({ folder: embeddedFolder(config) })
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw unusable(config, error)
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: [
        `Another gateway uses the data folder ${config.dataFolder} (its database listens on port ${error.port}).`,
        'Stop that one, or give this one a folder of its own: --data, or SEALGATE_DATA.',
      ].join('\n'),
    })
  }
}

/**
 * The database to look into, whether a gateway runs or not: a running one shares its embedded database, whose folder
 * only one process can have.
 * @param mayBegin - whether a new one is made where there is none.
 * @throws CONFIGURATION_INVALID when there is none yet
 */
export async function openDatabase(config: Config, mayBegin = false): Promise<Database> {
  if (config.database.kind === 'mongodb') return connectTo(config.database.uri)
  const folder = embeddedFolder(config)
  if (mayBegin) {
    mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
  } else if (!existsSync(folder)) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: [
        `There is no data in ${config.dataFolder} yet.`,
        'Run `sealgate start` first, or name the folder (--data, SEALGATE_DATA) or server (MONGODB_URI) that has some.',
      ].join('\n'),
    })
  }
  try {
    return await startEmbeddedMongodb({ folder })
  } catch (error) {
    // The port is that of a server which has just proved that the folder is its own.
    if (error instanceof FolderInUseError) return connectTo(`mongodb://127.0.0.1:${error.port}`)
    throw unusable(config, error)
  }
}

/** The database's thread tells its failure in words: of the folder and the disk, for nothing was asked of it yet. */
function unusable(config: Config, error: unknown): GatewayError {
  const reason = error instanceof Error ? error.message : String(error)
  return new GatewayError('CONFIGURATION_INVALID', {
    message: `The embedded database cannot use ${embeddedFolder(config)}: ${reason}.`,
  })
}

function connectTo(uri: string): Database {
  return { uri, close: () => Promise.resolve() }
}

function embeddedFolder({ dataFolder }: Config): string {
  return join(dataFolder, 'database')
}
