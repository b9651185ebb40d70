import { GatewayError } from '../../errors.ts'
import type { VaultSession } from './session.ts'

/** What a KEK must be; anything else is refused, because Vault would answer all the same. */
const required = {
  type: 'aes256-gcm96',
  derived: true,
  convergent_encryption: false,
  exportable: false,
  allow_plaintext_backup: false,
  deletion_allowed: false,
} as const

const { deletion_allowed: _, ...creation } = required

/**
 * Makes sure that a key exists and is what a KEK must be; creates it, and mounts the engine, where the token may.
 *
 * @throws GatewayError `CONFIGURATION_INVALID` when the key is another, or the token's policy lacks a line, which the
 * message holds; `KEY_UNAVAILABLE` when Vault does not answer.
 */
export async function prepareKey(session: VaultSession, mountPath: string, keyName: string): Promise<void> {
  const path = `${mountPath}/keys/${keyName}`
  let found = await session.request('GET', path)
  if (found.status === 404) {
    await createKey(session, mountPath, keyName)
    found = await session.request('GET', path)
  }
  if (found.status === 403) throw denied(`read the key ${keyName}`, path, ['read'])
  if (found.status !== 200) throw unexpected(found.status, path)
  const key = (found.data ?? {}) as Readonly<Record<string, unknown>>
  for (const [name, value] of Object.entries(required)) {
    if (key[name] === value) continue
    throw invalid(`The key ${path} is not fit to wrap keys: its ${name} must be ${value}.`)
  }
}

/** Of two that create at once, the second changes nothing. */
async function createKey(session: VaultSession, mountPath: string, keyName: string): Promise<void> {
  const path = `${mountPath}/keys/${keyName}`
  let { status } = await session.request('POST', path, creation)
  if (status === 404) {
    await mountTransit(session, mountPath)
    status = (await session.request('POST', path, creation)).status
  }
  if (status === 403) throw denied(`create the missing key ${keyName}`, path, ['create', 'update'])
  if (status !== 200) throw unexpected(status, path)
}

async function mountTransit(session: VaultSession, mountPath: string): Promise<void> {
  const path = `sys/mounts/${mountPath}`
  const { status } = await session.request('POST', path, { type: 'transit' })
  if (status === 403)
    throw denied(`mount the missing transit engine ${mountPath}`, path, ['create', 'update'])
  // 400: another gateway mounted it in the meantime.
  if (status !== 200 && status !== 400) throw unexpected(status, path)
}

export function denied(what: string, path: string, capabilities: readonly string[]): GatewayError {
  const list = capabilities.map((capability) => `"${capability}"`).join(', ')
  return invalid(
    `Vault's policy does not let this token ${what}. It needs: path "${path}" { capabilities = [${list}] }`,
  )
}

export function unexpected(status: number, path: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message: `Vault answered ${status} about ${path}.` })
}

function invalid(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
