import type { KekStatus } from '../../crypto/key-provider.ts'
import { denied, unexpected } from './keys.ts'
import type { VaultSession } from './session.ts'

/** @throws GatewayError `CONFIGURATION_INVALID` with the line that the token's policy lacks; `KEY_UNAVAILABLE`. */
export async function readKekStatus(
  session: VaultSession,
  mountPath: string,
  keyName: string,
): Promise<KekStatus> {
  const path = `${mountPath}/keys/${keyName}`
  const { status, data } = await session.request('GET', path)
  if (status === 403) throw denied(`read the key ${keyName}`, path, ['read'])
  if (status !== 200) throw unexpected(status, path)
  const {
    latest_version: newest,
    min_decryption_version: oldest,
    keys,
  } = (data ?? {}) as Record<string, unknown>
  if (typeof newest !== 'number' || typeof oldest !== 'number') throw unexpected(status, path)
  // By version: when it was made, in seconds since 1970.
  const madeAt = (keys as Readonly<Record<string, unknown>> | undefined)?.[String(newest)]
  return {
    newest,
    oldest,
    newestCreatedAt: typeof madeAt === 'number' ? new Date(madeAt * 1_000) : undefined,
  }
}

/** A new version. A request that is repeated after a lost answer may make two. @throws as {@link readKekStatus} */
export async function rotateKey(session: VaultSession, mountPath: string, keyName: string): Promise<void> {
  await change(session, `${mountPath}/keys/${keyName}/rotate`, {}, `rotate the key ${keyName}`)
}

/**
 * Destroys the versions below `oldest`. First none of them may unwrap any more, which could be undone; then they go.
 * Killed between the two, the next call does the rest. @throws as {@link readKekStatus}
 */
export async function trimKey(
  session: VaultSession,
  mountPath: string,
  keyName: string,
  oldest: number,
): Promise<void> {
  const path = `${mountPath}/keys/${keyName}`
  const what = `trim the key ${keyName}`
  // Vault trims only what its configuration forbids to use in both directions.
  const limits = { min_decryption_version: oldest, min_encryption_version: oldest }
  await change(session, `${path}/config`, limits, what)
  await change(session, `${path}/trim`, { min_available_version: oldest }, what)
}

async function change(session: VaultSession, path: string, json: object, what: string): Promise<void> {
  const { status } = await session.request('POST', path, json)
  if (status === 403) throw denied(what, path, ['update'])
  if (status !== 200) throw unexpected(status, path)
}
