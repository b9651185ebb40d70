import { scrypt } from 'node:crypto'

import { GatewayError } from '../../errors.ts'
import { createPrivateFolder } from './durable-file.ts'
import { Keyring } from './keyring.ts'
import { KeyringFile } from './keyring-file.ts'
import { readMasterKey } from './master-key.ts'
import type { LocalOptions } from './options.ts'

const kekLength = 32

/**
 * Part of format 1. OWASP's scrypt settings of equal strength trade memory for passes; this one takes 32 MiB (N = 2^15
 * blocks of 128 · r bytes) and about a quarter of a second, once per start, so that a small machine can start.
 */
const scryptParameters = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 2 ** 20 }

/**
 * Opens the KEKs of a folder, making it where there is none. When it is under one of the previous master keys, or a part of
 * it is, all of it is under the master key afterwards.
 *
 * @throws GatewayError `KEYS_MISMATCH` when the folder was sealed under none of the master keys, or a file was altered;
 * `CONFIGURATION_INVALID` when a file cannot be read or written.
 */
export async function openKeyring({
  folder,
  masterKey,
  previousMasterKeys = [],
}: LocalOptions): Promise<Keyring> {
  const keysExist = async (): Promise<boolean> => (await KeyringFile.read(folder)) !== undefined
  const secrets: [Buffer, ...Buffer[]] = [await readMasterKey(masterKey, keysExist)]
  try {
    for (const previous of previousMasterKeys) secrets.push(await readMasterKey(previous, keysExist))
    await createPrivateFolder(folder)
    const [current, ...previous] = secrets
    const made = (await keysExist())
      ? undefined
      : await KeyringFile.create(folder, (salt) => deriveSealingKey(current, salt))
    const file = await KeyringFile.read(folder)
    if (file === undefined) throw new GatewayError('KEYS_MISMATCH', { message: `${folder} has no keyring.` })
    const isMade = made?.salt.equals(file.salt) === true
    const sealingKeys: [Buffer, ...Buffer[]] = [
      isMade ? made.sealingKey : await deriveSealingKey(current, file.salt),
    ]
    if (!isMade) made?.sealingKey.fill(0)
    for (const secret of previous) sealingKeys.push(await deriveSealingKey(secret, file.salt))
    const keyring = new Keyring(folder, file.salt, sealingKeys)
    if (!sealingKeys.some((sealingKey) => file.isUnder(sealingKey))) {
      keyring.close()
      throw new GatewayError('KEYS_MISMATCH', {
        message: `The master key does not open ${file.path}: it is another one, or the file was altered.`,
      })
    }
    if (previousMasterKeys.length > 0) await keyring.reseal()
    return keyring
  } finally {
    for (const secret of secrets) secret.fill(0)
  }
}

function deriveSealingKey(secret: Buffer, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, kekLength, scryptParameters, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
