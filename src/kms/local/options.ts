/** Keys sealed in a folder of this machine. For development: whoever reads folder and master key reads everything. */
export interface LocalOptions {
  readonly provider: 'local'
  /** Where the sealed KEKs are kept; created with mode 0700 when missing. */
  readonly folder: string
  readonly masterKey: MasterKeySource
  /** Those before it: what is under one of them comes under the master key when the provider is prepared. */
  readonly previousMasterKeys?: readonly MasterKeySource[]
}

/**
 * The secret that seals the KEKs, at least 32 bytes long.
 *
 * `value` is bytes (copied) or base64. `file` is read as it is, byte for byte, and must be readable by its owner alone;
 * with `generate` it is made once, from 32 random bytes, unless KEKs are there already.
 */
export type MasterKeySource =
  { readonly value: Buffer | string } | { readonly file: string; readonly generate: boolean }
