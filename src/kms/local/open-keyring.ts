import { randomFillSync, scrypt } from 'node:crypto'
import { join } from 'node:path'
import { GatewayError } from '../../errors.ts'
import { createFileOnce, createPrivateFolder, readPrivateFile } from './durable-file.ts'
import { Keyring } from './keyring.ts'
import { readMasterKey } from './master-key.ts'
import type { LocalOptions } from './options.ts'
import { openBytes, sealBytes, sealOverhead } from '../seal.ts'

// Format 1 of the file `keyring`: prefix, salt, sealed nothing, bound to prefix and salt.
const keyringPrefix = Buffer.from('SGKR\x01', 'latin1')
const saltLength = 32
const kekLength = 32

/**
 * Part of format 1. OWASP's scrypt settings of equal strength trade memory for passes; this one takes 32 MiB (N = 2^15
 * blocks of 128 · r bytes) and about a quarter of a second, once per start, so that a small machine can start.
 */
const scryptParameters = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 2 ** 20 }

/**
 * @throws GatewayError `KEYS_MISMATCH` when the master key is not the one the folder was sealed under, or a file was
 * altered; `CONFIGURATION_INVALID` when a file cannot be read or written.
 */
export async function openKeyring({ folder, masterKey }: LocalOptions): Promise<Keyring> {
  const path = join(folder, 'keyring')
  const size = keyringPrefix.length + saltLength + sealOverhead
  const readKeyring = (): Promise<Buffer | undefined> => readPrivateFile(path, size)
  const secret = await readMasterKey(masterKey, async () => (await readKeyring()) !== undefined)
  try {
    await createPrivateFolder(folder)
    let stored = await readKeyring()
    const made = stored === undefined ? await createKeyring(path, secret) : undefined
    stored ??= await readKeyring()
    if (stored?.length !== size || !stored.subarray(0, keyringPrefix.length).equals(keyringPrefix)) {
      throw new GatewayError('KEYS_MISMATCH', { message: `${path} is not a keyring of a known format.` })
    }
    const header = stored.subarray(0, size - sealOverhead)
    const salt = header.subarray(keyringPrefix.length)
    const sealingKey = made?.salt.equals(salt) ? made.sealingKey : await deriveSealingKey(secret, salt)
    if (sealingKey !== made?.sealingKey) made?.sealingKey.fill(0)
    if (openBytes(sealingKey, header, stored.subarray(header.length)) === undefined) {
      sealingKey.fill(0)
      throw new GatewayError('KEYS_MISMATCH', {
        message: `The master key does not open ${path}: it is another one, or the file was altered.`,
      })
    }
    return new Keyring(folder, salt, sealingKey)
  } finally {
    secret.fill(0)
  }
}

/** Another process may be the first to make it: then what is answered is of no use. */
async function createKeyring(path: string, secret: Buffer): Promise<{ salt: Buffer; sealingKey: Buffer }> {
  const salt = randomFillSync(Buffer.alloc(saltLength))
  const header = Buffer.concat([keyringPrefix, salt])
  const sealingKey = await deriveSealingKey(secret, salt)
  await createFileOnce(path, Buffer.concat([header, sealBytes(sealingKey, header, Buffer.alloc(0))]))
  return { salt, sealingKey }
}

function deriveSealingKey(secret: Buffer, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, kekLength, scryptParameters, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
