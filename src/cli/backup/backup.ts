import { rm } from 'node:fs/promises'

import { dumpDatabase } from '../../backup/dump-database.ts'
import { type BackupPart, type Manifest, writeManifest } from '../../backup/manifest.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { BackupOptions } from '../backup.ts'
import { ProgressBar } from '../progress-bar.ts'
import { createFolder } from './create-folder.ts'
import { backUpKeyring, localKeysOf } from './keyring-files.ts'
import { withDatabase } from './with-database.ts'

export async function backup(part: BackupPart, folder: string, options: BackupOptions): Promise<void> {
  const config = loadConfig(options)
  await createFolder(folder)
  const startedAt = new Date().toISOString()
  const bar = new ProgressBar()
  const local = part === 'keys' ? localKeysOf(config.gateway.keys) : undefined
  try {
    const files = await withDatabase(config, part, async (database) => [
      ...(await dumpDatabase(database, folder, (progress) => {
        bar.draw(progress)
      })),
      ...(local === undefined ? [] : await backUpKeyring(local.folder, folder)),
    ])
    const endedAt = new Date().toISOString()
    const manifest: Manifest = { format: 'sealgate-backup', version: 1, part, startedAt, endedAt, files }
    await writeManifest(folder, manifest)
    bar.clear()
    print(folder, manifest, options)
  } catch (error) {
    bar.clear()
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

function print(folder: string, { part, files }: Manifest, { json }: BackupOptions): void {
  const documents = files.reduce((sum, file) => sum + file.documents, 0)
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ part, folder, files })}\n`
      : `\n  ${documents} ${part === 'keys' ? 'records of keys' : 'documents'} in ${files.length} files, ${bytes} bytes, are in ${folder}.\n\n`,
  )
}
