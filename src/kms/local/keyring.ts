import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'
import type { Kek } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import { kekNameOf } from '../kek-name.ts'
import {
  createFileOnce,
  fileTime,
  listFolder,
  readPrivateFile,
  removeFile,
  syncFolder,
} from './durable-file.ts'
import { openBytes, sealBytes, sealOverhead } from '../seal.ts'

// Format 1 of a KEK file, `NAME-VERSION.kek`: prefix, sealed KEK. It is bound to its prefix, the salt of the folder and its
// name, so none can be exchanged for another.
const kekPrefix = Buffer.from('SGKK\x01', 'latin1')
const kekLength = 32
const kekFileSize = kekPrefix.length + kekLength + sealOverhead

/**
 * The KEKs of one folder, a file for each version. Files are made once and never changed, so processes share a folder
 * without locks.
 */
export class Keyring {
  readonly #folder: string
  readonly #salt: Buffer
  readonly #sealingKey: Buffer
  #closed = false

  /** @param sealingKey - kept, and zeroed at the end. */
  constructor(folder: string, salt: Buffer, sealingKey: Buffer) {
    this.#folder = folder
    this.#salt = salt
    this.#sealingKey = sealingKey
  }

  /** In ascending order; none when the KEK was never made. */
  async listVersions(kek: Kek): Promise<readonly number[]> {
    const opening = `${kekNameOf(kek)}-`
    const versions = (await listFolder(this.#folder)).flatMap((name) => {
      const version = name.startsWith(opening)
        ? /^([1-9]\d{0,8})\.kek$/.exec(name.slice(opening.length))
        : null
      return version === null ? [] : [Number(version[1])]
    })
    return versions.sort((one, other) => one - other)
  }

  /** Those that follow a version without a gap: cheaper than to list them all. */
  async newerVersions(kek: Kek, than: number): Promise<readonly number[]> {
    const newer: number[] = []
    while (await this.hasVersion(kek, than + newer.length + 1)) newer.push(than + newer.length + 1)
    return newer
  }

  async hasVersion(kek: Kek, version: number): Promise<boolean> {
    return (await this.madeAt(kek, version)) !== undefined
  }

  /** Makes a version, unless it is there. */
  async makeVersion(kek: Kek, version: number): Promise<void> {
    if (await this.hasVersion(kek, version)) return
    const fresh = randomFillSync(Buffer.allocUnsafeSlow(kekLength))
    const sealed = sealBytes(this.#liveKey(), this.#aad(kek, version), fresh)
    fresh.fill(0)
    await createFileOnce(this.#path(kek, version), Buffer.concat([kekPrefix, sealed]))
    await this.sync()
  }

  /** @returns the KEK, zeroed by the caller; undefined when it is gone. @throws GatewayError `KEYS_MISMATCH` when it does not open. */
  async openVersion(kek: Kek, version: number): Promise<Buffer | undefined> {
    const path = this.#path(kek, version)
    const stored = await readPrivateFile(path, kekFileSize)
    if (stored === undefined) return undefined
    if (stored.length === kekFileSize && stored.subarray(0, kekPrefix.length).equals(kekPrefix)) {
      const sealed = stored.subarray(kekPrefix.length)
      const opened = openBytes(this.#liveKey(), this.#aad(kek, version), sealed)
      if (opened !== undefined) return opened
    }
    throw new GatewayError('KEYS_MISMATCH', {
      message: `${path} does not open: it was altered or exchanged.`,
    })
  }

  /** When its file was written; a copy of a folder may tell the time of the copy. */
  madeAt(kek: Kek, version: number): Promise<Date | undefined> {
    return fileTime(this.#path(kek, version))
  }

  async destroyVersion(kek: Kek, version: number): Promise<void> {
    await removeFile(this.#path(kek, version))
    await this.sync()
  }

  /** Resolves when everything that was read or made survives a loss of power. */
  sync(): Promise<void> {
    return syncFolder(this.#folder)
  }

  close(): void {
    this.#closed = true
    this.#sealingKey.fill(0)
  }
  #path(kek: Kek, version: number): string {
    return join(this.#folder, `${kekNameOf(kek)}-${version}.kek`)
  }

  #aad(kek: Kek, version: number): Buffer {
    return Buffer.concat([kekPrefix, this.#salt, Buffer.from(`${kekNameOf(kek)}-${version}`, 'latin1')])
  }

  #liveKey(): Buffer {
    if (this.#closed) throw new GatewayError('KEY_UNAVAILABLE', { message: 'The keyring is closed.' })
    return this.#sealingKey
  }
}
