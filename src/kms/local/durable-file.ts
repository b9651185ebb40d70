import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { GatewayError } from '../../errors.ts'

/**
 * Writes a file that only its owner may read, unless it is there already.
 *
 * The bytes are on disk before the name exists, and the name is given by a hard link, which never replaces: of several
 * processes exactly one makes the file, and none ever sees a part of it.
 */
export async function createFileOnce(path: string, bytes: Buffer): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(draft, path)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw fileError('could not be written', path, error)
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * Reads a file of at most `maximum` bytes into memory of its own, or answers `undefined` when there is none.
 *
 * @throws GatewayError `CONFIGURATION_INVALID` when others than the owner may read it, or it is longer.
 */
export async function readPrivateFile(path: string, maximum: number): Promise<Buffer | undefined> {
  try {
    const handle = await open(path, 'r')
    try {
      const { mode, size } = await handle.stat()
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw new GatewayError('CONFIGURATION_INVALID', {
          message: `${path} may be read or changed by others than its owner: chmod 600 it.`,
        })
      }
      if (size > maximum) {
        throw new GatewayError('CONFIGURATION_INVALID', {
          message: `${path} is longer than ${maximum} bytes.`,
        })
      }
      const bytes = Buffer.allocUnsafeSlow(size)
      const { bytesRead } = await handle.read(bytes, 0, size, 0)
      return bytes.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    if (error instanceof GatewayError) throw error
    throw fileError('could not be read', path, error)
  }
}

/** Makes a folder that only its owner may enter, unless it is there already. */
export async function createPrivateFolder(path: string): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first !== undefined) await syncFolder(dirname(first))
  } catch (error) {
    throw fileError('could not be made', path, error)
  }
}

/** Makes the names in a folder survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // folders cannot be opened there
  try {
    const handle = await open(path, 'r')
    await handle.sync().finally(() => handle.close())
  } catch (error) {
    throw fileError('could not be written', path, error)
  }
}

/** Replaces what a file holds, in one step, and keeps the time at which it was written. A file that is gone stays gone. */
export async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`
  try {
    const { atime, mtime } = await stat(path)
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.utimes(atime, mtime)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await stat(path)
    await rename(draft, path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fileError('could not be written', path, error)
  } finally {
    await rm(draft, { force: true })
  }
}

/** When a file was last written; undefined when there is none. */
export async function fileTime(path: string): Promise<Date | undefined> {
  try {
    return (await stat(path)).mtime
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fileError('could not be read', path, error)
  }
}

/** The names in a folder, in no order. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    throw fileError('could not be read', path, error)
  }
}

/** Removes a file if it is there. */
export async function removeFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
  } catch (error) {
    throw fileError('could not be removed', path, error)
  }
}

function systemCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown'
}

function fileError(what: string, path: string, error: unknown): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message: `${path} ${what} (${systemCode(error)}).` })
}
