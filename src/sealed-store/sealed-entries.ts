/**
 * Where sealed entries are kept: anything with names, bytes and a time to live. What it knows are HMACs, ciphertexts and
 * times. It may lose entries at any time.
 */
export interface SealedEntries {
  get(name: string): Promise<Buffer | undefined>
  /** Replaces what the name has. The entry may be dropped after `ttl` milliseconds, at least 1, and before. */
  set(name: string, bytes: Buffer, ttl: number): Promise<void>
  delete(name: string): Promise<void>
  close(): Promise<void>
}
