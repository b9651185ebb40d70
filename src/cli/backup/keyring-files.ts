import { chmod, copyFile, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { hashFile } from '../../backup/bson-file.ts'
import type { BackupFile, Manifest } from '../../backup/manifest.ts'
import { GatewayError } from '../../errors.ts'

/**
 * Copies the files of local keys. Without them data keys open no more; they are sealed under the master key, which is no part
 * of any backup.
 */
export async function backUpKeyring(keysFolder: string, folder: string): Promise<BackupFile[]> {
  const names = (await readdir(keysFolder)).filter((name) => name === 'keyring' || name.endsWith('.kek'))
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

async function copyPrivate(from: string, to: string): Promise<string> {
  await copyFile(from, to)
  await chmod(to, 0o600)
  return to
}
