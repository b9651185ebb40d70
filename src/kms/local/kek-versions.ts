import type { Kek, KekStatus } from '../../crypto/key-provider.ts'
import type { Keyring } from './keyring.ts'

export interface KekVersion {
  readonly version: number
  /** Owned by the versions: to be used at once, before anything is awaited, and not to be kept. */
  readonly bytes: Buffer
}

/**
 * The versions of one KEK. Processes share the folder that holds them: each of these looks there before a version is used,
 * so that a new one wraps everywhere from its making on, and one that another process destroyed is used no more.
 */
export class KekVersions {
  readonly #keyring: Keyring
  readonly #kek: Kek
  readonly #loaded = new Map<number, Buffer>()
  #closed = false

  private constructor(keyring: Keyring, kek: Kek) {
    this.#keyring = keyring
    this.#kek = kek
  }

  /** Opens every version, making the first where there is none. @throws GatewayError `KEYS_MISMATCH` */
  static async open(keyring: Keyring, kek: Kek): Promise<KekVersions> {
    const versions = new KekVersions(keyring, kek)
    if ((await keyring.listVersions(kek)).length === 0) await keyring.makeVersion(kek, 1)
    await versions.#load(await keyring.listVersions(kek))
    return versions
  }

  /** Brings the newest version up to date. */
  async refresh(): Promise<void> {
    const known = this.#newest()
    // Versions go from the oldest on, so that there is no gap behind one that is there.
    if (await this.#keyring.hasVersion(this.#kek, known)) {
      await this.#load(await this.#keyring.newerVersions(this.#kek, known))
    } else {
      const versions = await this.#keyring.listVersions(this.#kek)
      for (const version of this.#loaded.keys()) if (!versions.includes(version)) this.#forget(version)
      await this.#load(versions)
    }
  }

  /** Brings the given versions up to date; those that no file holds are forgotten. */
  async refreshAll(versions: Iterable<number>): Promise<void> {
    for (const version of new Set(versions)) {
      if (!(await this.#keyring.hasVersion(this.#kek, version))) this.#forget(version)
      else await this.#load([version])
    }
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** The newest version; undefined after {@link KekVersions.close}. */
  newest(): KekVersion | undefined {
    const version = this.#newest()
    const bytes = this.#loaded.get(version)
    return bytes === undefined ? undefined : { version, bytes }
  }

  /** Bytes under the terms of {@link KekVersion}; undefined when there is no such version any more, or yet. */
  bytesOf(version: number): Buffer | undefined {
    return this.#loaded.get(version)
  }

  /** Of several processes that rotate at once, all end at the same new version. */
  async rotate(): Promise<void> {
    await this.refresh()
    const version = this.#newest() + 1
    await this.#keyring.makeVersion(this.#kek, version)
    await this.#load([version])
  }

  async status(): Promise<KekStatus> {
    const versions = await this.#keyring.listVersions(this.#kek)
    const newest = Math.max(...versions)
    const newestCreatedAt = await this.#keyring.madeAt(this.#kek, newest)
    return { newest, oldest: Math.min(...versions), newestCreatedAt }
  }

  async trim(oldest: number): Promise<void> {
    for (const version of await this.#keyring.listVersions(this.#kek)) {
      if (version >= oldest) continue
      await this.#keyring.destroyVersion(this.#kek, version)
      this.#forget(version)
    }
  }

  close(): void {
    this.#closed = true
    for (const version of [...this.#loaded.keys()]) this.#forget(version)
  }

  #newest(): number {
    return Math.max(0, ...this.#loaded.keys())
  }

  async #load(versions: readonly number[]): Promise<void> {
    for (const version of versions) {
      if (this.#loaded.has(version)) continue
      const bytes = await this.#keyring.openVersion(this.#kek, version)
      if (this.#closed || this.#loaded.has(version)) bytes?.fill(0)
      else if (bytes !== undefined) this.#loaded.set(version, bytes)
    }
  }

  #forget(version: number): void {
    this.#loaded.get(version)?.fill(0)
    this.#loaded.delete(version)
  }
}
