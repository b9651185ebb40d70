import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, link, open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { GatewayError } from '../../errors.ts'

/**
 * Writes a file for its owner alone. Its name appears when every byte is on disk, and never takes another file's: until
 * then the bytes are in a file beside it, which is removed when anything fails.
 *
 * @throws CONFIGURATION_INVALID when the name is taken or the folder cannot be written; whatever the source throws.
 */
export async function writeNewFile(path: string, source: AsyncIterable<Buffer>): Promise<void> {
  if (existsSync(path)) throw fileError(path, 'EEXIST')
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.draft`)
  const handle = await forFile(path, () => open(draft, 'wx', 0o600))
  try {
    try {
      for await (const bytes of source) await forFile(path, () => writeAll(handle, bytes))
      await forFile(path, () => handle.sync())
    } finally {
      await handle.close()
    }
    // A link fails where a file of that name is; a rename would replace it.
    await forFile(path, () => link(draft, path))
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten
}

async function forFile<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw fileError(path, (error as NodeJS.ErrnoException).code)
  }
}

function fileError(path: string, code: string | undefined): GatewayError {
  const message =
    code === 'EEXIST'
      ? `${path} is there already. Name another file by --out, or remove it.`
      : `${path} could not be written (${code}).`
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
