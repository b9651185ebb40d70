import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
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
import { restoreKeyring } from '../backup/keyring-files.ts'
import { readSchema } from '../read-schema.ts'
import type { RecoverOptions } from '../recover.ts'
import { printRecovery } from './print-recovery.ts'
import { writeRecovered } from './write-recovered.ts'

/** Puts the wrapped keys into a database of its own, in a folder that goes again, and reads the documents from their files. */
export async function recover(options: RecoverOptions): Promise<void> {
  const { documents, keys, out } = options
  if (existsSync(out))
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `${out} is there already: name a new folder.`,
    })
  const { schemaFolder, keys: keyOptions } = loadKeyOptions(options)
  const { policies } = readSchema(schemaFolder)
  const documentsManifest = await verifyBackup(documents, 'documents')
  const keysManifest = await verifyBackup(keys, 'keys')
  const scratch = await mkdtemp(join(tmpdir(), 'sealgate-recover-'))
  const database = await startEmbeddedMongodb({ folder: join(scratch, 'database') })
  try {
    await restoreKeys(database.uri, keys, keysManifest)
    const opened = await openKeyRing({
      keys: await keysOf(keyOptions, keys, keysManifest, scratch),
      storage: { uri: database.uri, keysDatabase: 'keys' },
      keks: neededKeks(policies, 'full', false),
      rights: 'full',
    })
    try {
      await mkdir(out, { mode: 0o700 })
      // What would be encrypted by them; nothing is.
      const ciphers = new PathCiphers({ cipher: 'aes-256-gcm', padding: 'BUCKETS' })
      const context = { ring: opened.keyRing, ciphers, policies }
      printRecovery(await writeRecovered(documents, documentsManifest, out, context), options)
    } finally {
      await opened.close()
    }
  } finally {
    await database.close()
    await rm(scratch, { recursive: true, force: true })
  }
}

async function restoreKeys(uri: string, folder: string, manifest: Manifest): Promise<void> {
  const client = new mongoose.mongo.MongoClient(uri)
  try {
    await restoreDatabase(client.db('keys'), folder, manifest, () => undefined)
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
  if (keys.provider !== 'local') return keys
  const { masterKey } = keys
  const keyring = join(scratch, 'keyring')
  await restoreKeyring(folder, manifest, keyring)
  return {
    ...keys,
    folder: keyring,
    masterKey: 'file' in masterKey ? { ...masterKey, generate: false } : masterKey,
  }
}
