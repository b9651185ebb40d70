import { type BackupPart, verifyBackup } from '../../backup/manifest.ts'
import { restoreDatabase } from '../../backup/restore-database.ts'
import { assertRestorable } from '../../backup/restore-mark.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { BackupOptions } from '../backup.ts'
import { ProgressBar } from '../progress-bar.ts'
import { localKeysOf, restoreKeyring } from './keyring-files.ts'
import { withDatabase } from './with-database.ts'

export async function restore(part: BackupPart, folder: string, options: BackupOptions): Promise<void> {
  const config = loadConfig(options)
  const manifest = await verifyBackup(folder, part)
  const local = localKeysOf(config.gateway.keys)
  const bar = new ProgressBar()
  const restored = withDatabase(
    config,
    part,
    async (database) => {
      await assertRestorable(database, manifest)
      if (local !== undefined) await restoreKeyring(folder, manifest, local.folder)
      await restoreDatabase(database, folder, manifest, (progress) => {
        bar.draw(progress)
      })
    },
    true,
  )
  await restored.finally(() => {
    bar.clear()
  })
  const documents = manifest.files.reduce((sum, file) => sum + file.documents, 0)
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ part, folder, documents })}\n`
      : `\n  ${documents} ${part === 'keys' ? 'records of keys' : 'documents'} of ${folder} are in the database.\n\n`,
  )
}
