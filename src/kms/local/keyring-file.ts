import { randomFillSync } from 'node:crypto'
import { join } from 'node:path'

import { GatewayError } from '../../errors.ts'
import { openBytes, sealBytes, sealOverhead } from '../seal.ts'
import { createFileOnce, readPrivateFile, replaceFile } from './durable-file.ts'

// Format 1 of the file `keyring`: prefix, salt, sealed nothing, bound to prefix and salt.
const prefix = Buffer.from('SGKR\x01', 'latin1')
const saltLength = 32
const size = prefix.length + saltLength + sealOverhead

/** The file that says under which sealing key the KEKs of a folder are: its salt, and what proves the key. */
export class KeyringFile {
  readonly path: string
  readonly salt: Buffer
  readonly #proof: Buffer

  private constructor(path: string, salt: Buffer, proof: Buffer) {
    this.path = path
    this.salt = salt
    this.#proof = proof
  }

  /** @throws GatewayError `KEYS_MISMATCH` when the file is of no known format */
  static async read(folder: string): Promise<KeyringFile | undefined> {
    const path = join(folder, 'keyring')
    const stored = await readPrivateFile(path, size)
    if (stored === undefined) return undefined
    if (stored.length !== size || !stored.subarray(0, prefix.length).equals(prefix))
      throw new GatewayError('KEYS_MISMATCH', { message: `${path} is not a keyring of a known format.` })
    const header = size - sealOverhead
    return new KeyringFile(path, stored.subarray(prefix.length, header), stored.subarray(header))
  }

  /** Makes the file under a new salt, unless another process was first: then what is answered is of no use. */
  static async create(
    folder: string,
    derive: (salt: Buffer) => Promise<Buffer>,
  ): Promise<{ readonly salt: Buffer; readonly sealingKey: Buffer }> {
    const salt = randomFillSync(Buffer.alloc(saltLength))
    const sealingKey = await derive(salt)
    await createFileOnce(join(folder, 'keyring'), contentOf(salt, sealingKey))
    return { salt, sealingKey }
  }

  isUnder(sealingKey: Buffer): boolean {
    return openBytes(sealingKey, headerOf(this.salt), this.#proof) !== undefined
  }

  /** Says from now on that the folder is under another sealing key of the same salt. */
  replace(sealingKey: Buffer): Promise<void> {
    return replaceFile(this.path, contentOf(this.salt, sealingKey))
  }
}

const headerOf = (salt: Buffer): Buffer => Buffer.concat([prefix, salt])

function contentOf(salt: Buffer, sealingKey: Buffer): Buffer {
  const header = headerOf(salt)
  return Buffer.concat([header, sealBytes(sealingKey, header, Buffer.alloc(0))])
}
