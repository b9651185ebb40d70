import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import mongoose from 'mongoose'

import { type Manifest, verifyBackup } from '../../backup/manifest.ts'
import { restoreDatabase } from '../../backup/restore-database.ts'
import { loadKeyOptions } from '../../config/load-config.ts'
import { PathCiphers } from '../../directives/path-cipher.ts'
import { startEmbeddedMongodb } from '../../embedded-mongodb/index.ts'
import { GatewayError } from '../../errors.ts'
import type { KeyProviderOptions } from '../../kms/index.ts'
import { openKeyRing } from '../../server/open-key-ring.ts'
import { neededKeks } from '../../server/verified-keys.ts'
import { createFolder } from '../backup/create-folder.ts'
import { localKeysOf, restoreKeyring } from '../backup/keyring-files.ts'
import { readSchema } from '../read-schema.ts'
import type { RecoverOptions } from '../recover.ts'
import { findUnknownCollections } from './unknown-collections.ts'
import { printRecovery } from './print-recovery.ts'
import { writeRecovered } from './write-recovered.ts'

/**
 * Puts the wrapped keys into a database of its own, in a folder that goes again, and reads the documents from their files.
 * A recovery that fails or is stopped leaves nothing.
 */
export async function recover(options: RecoverOptions): Promise<void> {
  const { documents, keys, out } = options
  if (existsSync(out))
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `${out} is there already: name a new folder.`,
    })
  const { schemaFolder, keys: keyOptions } = loadKeyOptions(options)
  const { policies } = readSchema(schemaFolder)
  const documentsManifest = await verifyBackup(documents, 'documents')
  const unknown = findUnknownCollections(documentsManifest, policies, schemaFolder)
  const keysManifest = await verifyBackup(keys, 'keys')
  await untilStopped(async (signal) => {
    const scratch = await mkdtemp(join(tmpdir(), 'sealgate-recover-'))
    try {
      const database = await startEmbeddedMongodb({ folder: join(scratch, 'database') })
      try {
        await restoreKeys(database.uri, keys, keysManifest, signal)
        const opened = await openKeyRing({
          keys: await keysOf(keyOptions, keys, keysManifest, scratch),
          storage: { uri: database.uri, keysDatabase: 'keys' },
          keks: neededKeks(policies, 'full', false),
          rights: 'full',
        })
        try {
          await createFolder(out)
          // What would be encrypted by them; nothing is.
          const ciphers = new PathCiphers({ cipher: 'aes-256-gcm', padding: 'BUCKETS' })
          const context = { ring: opened.keyRing, ciphers, policies, signal }
          printRecovery(await writeRecovered(documents, documentsManifest, out, context), unknown, options)
        } catch (error) {
          await rm(out, { recursive: true, force: true })
          throw error
        } finally {
          await opened.close()
        }
      } finally {
        await database.close()
      }
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  })
}

/** Lets Ctrl-C and SIGTERM end the work between two pages, so that it can clear up; the second one ends the process at once. */
async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const abort = new AbortController()
  const stop = (): void => {
    abort.abort()
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  await work(abort.signal).finally(() => process.off('SIGINT', stop).off('SIGTERM', stop))
}

async function restoreKeys(
  uri: string,
  folder: string,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const client = new mongoose.mongo.MongoClient(uri)
  try {
    await restoreDatabase(client.db('keys'), folder, manifest, () => {
      signal.throwIfAborted()
    })
  } finally {
    await client.close()
  }
}

/** Local keys are those of the backup; only their master key comes from elsewhere. */
async function keysOf(
  keys: KeyProviderOptions,
  folder: string,
  manifest: Manifest,
  scratch: string,
): Promise<KeyProviderOptions> {
  const local = localKeysOf(keys)
  if (local === undefined) return keys
  const { masterKey } = local
  const keyring = join(scratch, 'keyring')
  await restoreKeyring(folder, manifest, keyring)
  const restored = {
    ...local,
    folder: keyring,
    masterKey: 'file' in masterKey ? { ...masterKey, generate: false } : masterKey,
  }
  return keys.provider === 'local' ? { ...keys, ...restored } : { ...keys, previous: restored }
}
