import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import { GatewayError } from '../errors.ts'
import type { AuthenticatorOptions } from './authenticate.ts'
import type { SigningKey } from './mint-token.ts'

export interface DevelopmentKeys {
  readonly signingKey: SigningKey
  readonly authenticator: AuthenticatorOptions
}

/** In the data folder. */
export const signingKeyFile = 'token-signing-key.pem'

const issuer = 'sealgate-development'
const audience = 'sealgate'

/**
 * The Ed25519 key pair of this folder, made at the first call and kept in a file that only its owner reads.
 * Processes that start at once end with the same pair; a process that dies half-way leaves none.
 *
 * Throws `CONFIGURATION_INVALID` if the file is readable by others or holds anything else.
 */
export const loadDevelopmentKeys = async (
  folder: string,
  defaultTenant: string,
): Promise<DevelopmentKeys> => {
  const path = join(folder, signingKeyFile)
  const privateKey = await readKey(path).catch(async (error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error
    await publishKey(folder, path)
    return readKey(path)
  })
  const publicKey = createPublicKey(privateKey)
  const keyId = await calculateJwkThumbprint(publicKey)
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return {
    signingKey: { privateKey, algorithm: 'EdDSA', keyId, issuer, audience },
    authenticator: { issuer, audience, defaultTenant, keys: { from: 'pem', pem } },
  }
}

const readKey = async (path: string): Promise<KeyObject> => {
  const [pem, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw invalid(`Others can read ${path}: run chmod 600 on it, or delete it to have a new key made.`)
  let key: KeyObject | undefined
  try {
    key = createPrivateKey(pem)
  } catch {
    key = undefined
  }
  if (key?.asymmetricKeyType === 'ed25519') return key
  throw invalid(`${path} holds no Ed25519 private key: delete it to have a new one made.`)
}

/** Writes the whole file aside, then links it into place, which only one process can do. */
const publishKey = async (folder: string, path: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  const { privateKey } = generateKeyPairSync('ed25519')
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await file.sync()
    await link(draft, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
  } finally {
    await file.close()
    await unlink(draft)
  }
  await syncFolder(folder)
}

/** A new name is on disk only once its folder is; Windows neither needs nor allows it. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code

const invalid = (message: string): GatewayError => new GatewayError('CONFIGURATION_INVALID', { message })
