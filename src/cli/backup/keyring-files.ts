import { copyFile, mkdir, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { hashFile } from '../../backup/bson-file.ts'
import type { BackupFile, Manifest } from '../../backup/manifest.ts'
import { GatewayError } from '../../errors.ts'
import type { KeyProviderOptions, LocalOptions } from '../../kms/index.ts'

/** The local keys of an installation, also those that data keys are on their way from; undefined where there are none. */
export function localKeysOf(keys: KeyProviderOptions): LocalOptions | undefined {
  return [keys, keys.previous].find((options) => options?.provider === 'local')
}

/**
 * Copies the files of local keys. Without them data keys open no more; they are sealed under the master key, which is no part
 * of any backup.
 *
 * @throws CONFIGURATION_INVALID when there are none
 */
export async function backUpKeyring(keysFolder: string, folder: string): Promise<BackupFile[]> {
  const present = await readdir(keysFolder).catch((): string[] => [])
  if (!present.includes('keyring'))
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `There are no local keys in ${keysFolder}: --data, or SEALGATE_DATA, names the folder that has them.`,
    })
  const names = present.filter((name) => name === 'keyring' || name.endsWith('.kek'))
  return Promise.all(
    names.map(async (name) => {
      const copy = await copyPrivate(join(keysFolder, name), join(folder, name))
      return { name, documents: 0, bytes: (await stat(copy)).size, sha256: await hashFile(copy) }
    }),
  )
}

/** @throws CONFIGURATION_INVALID when another keyring is there: what is under it would open no more */
export async function restoreKeyring(folder: string, { files }: Manifest, keysFolder: string): Promise<void> {
  const backedUp = files.filter(({ collection }) => collection === undefined)
  if (backedUp.length === 0) return
  await mkdir(keysFolder, { recursive: true, mode: 0o700 })
  const present = new Set(await readdir(keysFolder))
  for (const { name, sha256 } of backedUp) {
    if (!present.has(name) || (await hashFile(join(keysFolder, name))) === sha256) continue
    const message = `${keysFolder} holds other keys than the backup (${name}): move that folder away first.`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
  for (const { name } of backedUp) {
    if (!present.has(name)) await copyPrivate(join(folder, name), join(keysFolder, name))
  }
}

/** A copy is on disk when this resolves, and as old as what it is of: a KEK's age is that of its file. */
async function copyPrivate(from: string, to: string): Promise<string> {
  const { atime, mtime } = await stat(from)
  await copyFile(from, to)
  const handle = await open(to, 'r+')
  try {
    await handle.chmod(0o600)
    await handle.utimes(atime, mtime)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return to
}
