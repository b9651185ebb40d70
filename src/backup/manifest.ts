import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { GatewayError } from '../errors.ts'
import { type FileContent, hashFile } from './bson-file.ts'

/** The two databases of an installation: each has backups of its own. */
export type BackupPart = 'documents' | 'keys'

export interface BackupFile extends FileContent {
  readonly name: string
  /** Absent: a file of the keyring of local keys, sealed under the master key. */
  readonly collection?: string
}

/** What a backup holds. Written last: a folder without it is no backup. */
export interface Manifest {
  readonly format: 'sealgate-backup'
  readonly version: 1
  readonly part: BackupPart
  /** ISO 8601. Whatever was written before is in the backup; what was written until its end may be. */
  readonly startedAt: string
  readonly endedAt: string
  readonly files: readonly BackupFile[]
}

const manifestName = 'manifest.json'

/** The file of a collection, whatever its name: none leads out of the folder, is hidden there, or is refused by {@link verifyBackup}. */
export function fileNameOf(collection: string): string {
  const name = encodeURIComponent(collection).replace(
    /^\.|[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${name}.bson`
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  })
}

/**
 * Reads the manifest of a backup, and compares every file with what it says.
 * @throws CONFIGURATION_INVALID when anything is missing, changed or of another part
 */
export async function verifyBackup(folder: string, part: BackupPart): Promise<Manifest> {
  const manifest = parse(await readFile(join(folder, manifestName), 'utf8').catch(() => ''))
  if (manifest === undefined)
    throw refused(`${folder} is no whole backup: it has no ${manifestName}, or another's`)
  if (manifest.part !== part) throw refused(`${folder} is a backup of ${manifest.part}, not of ${part}`)
  for (const { name, sha256 } of manifest.files) {
    const found = await hashFile(join(folder, name)).catch(() => undefined)
    if (found === undefined) throw refused(`${join(folder, name)} cannot be read`)
    if (found !== sha256) throw refused(`${join(folder, name)} is not what was written`)
  }
  return manifest
}

function parse(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Manifest
    const known = (manifest.format as unknown) === 'sealgate-backup' && (manifest.version as unknown) === 1
    // Names are read from a file: none may lead out of the folder.
    return known && manifest.files.every(({ name }) => /^[\w.%-]+$/.test(name) && !name.startsWith('.'))
      ? manifest
      : undefined
  } catch {
    return undefined
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message: `${message}.` })
}
