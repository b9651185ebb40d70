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
  replaceFile,
  removeFile,
  syncFolder,
} from './durable-file.ts'
import { KeyringFile } from './keyring-file.ts'
import { openBytes, sealBytes, sealOverhead } from '../seal.ts'

// Format 1 of a KEK file, `NAME-VERSION.kek`: prefix, sealed KEK. It is bound to its prefix, the salt of the folder and its
// name, so none can be exchanged for another.
const kekPrefix = Buffer.from('SGKK\x01', 'latin1')
const kekLength = 32
const kekFileSize = kekPrefix.length + kekLength + sealOverhead

/**
 * The KEKs of one folder, a file for each version. A KEK is made once and never changed, so processes share a folder
 * without locks.
 */
export class Keyring {
  readonly #folder: string
  readonly #salt: Buffer
  readonly #sealingKeys: readonly [current: Buffer, ...previous: Buffer[]]
  #closed = false

  /** @param sealingKeys - the one to seal under, and those of previous master keys; kept, and zeroed at the end. */
  constructor(folder: string, salt: Buffer, sealingKeys: readonly [current: Buffer, ...previous: Buffer[]]) {
    this.#folder = folder
    this.#salt = salt
    this.#sealingKeys = sealingKeys
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
    await this.#assertCurrent()
    const fresh = randomFillSync(Buffer.allocUnsafeSlow(kekLength))
    const content = this.#seal(nameOf(kek, version), fresh)
    fresh.fill(0)
    await createFileOnce(this.#path(kek, version), content)
    await this.sync()
  }

  /** @returns the KEK, zeroed by the caller; undefined when it is gone. @throws GatewayError `KEYS_MISMATCH` when it does not open. */
  async openVersion(kek: Kek, version: number): Promise<Buffer | undefined> {
    return (await this.#open(nameOf(kek, version)))?.kek
  }

  /** Brings everything under the current sealing key that is under a previous one; the KEKs stay the same. */
  async reseal(): Promise<void> {
    for (const file of await listFolder(this.#folder)) {
      if (!file.endsWith('.kek')) continue
      const name = file.slice(0, -'.kek'.length)
      const opened = await this.#open(name)
      if (opened?.current === false) {
        const content = this.#seal(name, opened.kek)
        await replaceFile(join(this.#folder, file), content)
      }
      opened?.kek.fill(0)
    }
    // Last: while it is under a previous key, an interrupted change begins anew.
    const keyring = await KeyringFile.read(this.#folder)
    const [current] = this.#liveKeys()
    if (keyring?.isUnder(current) === false) await keyring.replace(current)
    await this.sync()
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
    for (const sealingKey of this.#sealingKeys) sealingKey.fill(0)
  }

  /** @throws GatewayError `KEYS_MISMATCH` when another process has changed the master key: what is made here would open nowhere */
  async #assertCurrent(): Promise<void> {
    const keyring = await KeyringFile.read(this.#folder)
    if (this.#liveKeys().some((sealingKey) => keyring?.isUnder(sealingKey))) return
    throw new GatewayError('KEYS_MISMATCH', {
      message: `${this.#folder} is under another master key by now: start this process with it.`,
    })
  }

  async #open(name: string): Promise<{ readonly kek: Buffer; readonly current: boolean } | undefined> {
    const path = join(this.#folder, `${name}.kek`)
    const stored = await readPrivateFile(path, kekFileSize)
    if (stored === undefined) return undefined
    if (stored.length === kekFileSize && stored.subarray(0, kekPrefix.length).equals(kekPrefix)) {
      const sealed = stored.subarray(kekPrefix.length)
      for (const [index, sealingKey] of this.#liveKeys().entries()) {
        const kek = openBytes(sealingKey, this.#aad(name), sealed)
        if (kek !== undefined) return { kek, current: index === 0 }
      }
    }
    throw new GatewayError('KEYS_MISMATCH', {
      message: `${path} does not open: it was altered or exchanged.`,
    })
  }

  #seal(name: string, kek: Buffer): Buffer {
    return Buffer.concat([kekPrefix, sealBytes(this.#liveKeys()[0], this.#aad(name), kek)])
  }

  #path(kek: Kek, version: number): string {
    return join(this.#folder, `${nameOf(kek, version)}.kek`)
  }

  #aad(name: string): Buffer {
    return Buffer.concat([kekPrefix, this.#salt, Buffer.from(name, 'latin1')])
  }

  #liveKeys(): readonly [current: Buffer, ...previous: Buffer[]] {
    if (this.#closed) throw new GatewayError('KEY_UNAVAILABLE', { message: 'The keyring is closed.' })
    return this.#sealingKeys
  }
}

const nameOf = (kek: Kek, version: number): string => `${kekNameOf(kek)}-${version}`
