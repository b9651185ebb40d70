import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { writeBsonFile } from '../../../src/backup/bson-file.ts'
import { fileNameOf, verifyBackup, writeManifest } from '../../../src/backup/manifest.ts'

let root: string

/** Writes a backup of one collection, and a manifest that gives its file another name where one is told. */
async function writeBackup(collection: string, told = fileNameOf(collection)): Promise<string> {
  const folder = await mkdtemp(join(root, 'backup-'))
  const path = join(folder, fileNameOf(collection))
  const content = await writeBsonFile(path, Readable.from([]), () => undefined)
  const files = [{ name: told, collection, ...content }]
  const [startedAt, endedAt] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z']
  await writeManifest(folder, {
    format: 'sealgate-backup',
    version: 1,
    part: 'documents',
    startedAt,
    endedAt,
    files,
  })
  return folder
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sealgate-manifest-'))
})

afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

describe('the names of files in a backup', () => {
  test.each(['customers', 'two words', 'Kunden/Käufer', '../../outside', '.hidden', "it's (a) *~!", '%2E$:'])(
    'a collection of the name %j has a file that its backup holds and a restore takes',
    async (collection) => {
      expect(decodeURIComponent(fileNameOf(collection))).toBe(`${collection}.bson`)
      const folder = await writeBackup(collection)
      await expect(verifyBackup(folder, 'documents')).resolves.toMatchObject({ files: [{ collection }] })
      expect(await readdir(folder)).toContain(fileNameOf(collection))
    },
  )

  test.each(['../customers.bson', '/etc/passwd', '.hidden', 'folder/customers.bson', ''])(
    'a manifest that names %j is none',
    async (name) => {
      await expect(verifyBackup(await writeBackup('customers', name), 'documents')).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining('is no whole backup'),
      })
    },
  )
})
