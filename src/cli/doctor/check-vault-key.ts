import type { Kek } from '../../crypto/key-provider.ts'
import { type KeyRights, mayUse } from '../../crypto/key-rights.ts'
import { keyNameOf } from '../../kms/key-name.ts'
import type { VaultSettings } from '../../kms/vault/options.ts'
import type { VaultSession } from '../../kms/vault/session.ts'
import { failure, type Finding, ok, warning } from './finding.ts'

/** What Vault says this token may do with a key, beside what an instance of these rights needs. */
export async function checkVaultKey(
  session: VaultSession,
  { mountPath, keyPrefix }: VaultSettings,
  kek: Kek,
  rights: KeyRights,
): Promise<Finding> {
  const name = keyNameOf(keyPrefix, kek)
  const check = `Vault key ${name}`
  const key = `${mountPath}/keys/${name}`
  const paths = {
    encrypt: `${mountPath}/encrypt/${name}`,
    decrypt: `${mountPath}/decrypt/${name}`,
    read: key,
    rotate: `${key}/rotate`,
    rewrap: `${mountPath}/rewrap/${name}`,
    trim: `${key}/trim`,
  }
  const { data } = await session.request('POST', 'sys/capabilities-self', { paths: Object.values(paths) })
  const given = (data ?? {}) as Readonly<Record<string, readonly string[] | undefined>>
  const may = (path: string, capability: string): boolean =>
    given[path]?.some((one) => one === capability || one === 'root') === true
  const { status } = await session.request('GET', key)
  const needs = {
    encrypt: mayUse(rights, 'wrap', kek),
    decrypt: mayUse(rights, 'unwrap', kek),
    read: status !== 404 && (mayUse(rights, 'wrap', kek) || mayUse(rights, 'unwrap', kek)),
  }
  if (status === 404 && !may(key, 'create') && !may(key, 'update')) {
    if (!needs.encrypt && !needs.decrypt) return ok(check, `not needed by a ${rights} instance`)
    return failure(check, `is missing, and this token may not make it`, 'sealgate vault init')
  }
  const can = Object.fromEntries(
    Object.entries(paths).map(([what, path]) => [what, may(path, what === 'read' ? 'read' : 'update')]),
  )
  const words = Object.entries(can).map(([what, allowed]) => `${what} ${allowed ? 'yes' : 'no'}`)
  const detail = `${status === 404 ? 'is made at the first start; ' : ''}${words.join(', ')}`
  const uses = ['encrypt', 'decrypt', 'read'] as const
  const missing = uses.filter((what) => needs[what] && can[what] !== true)
  if (missing.length > 0) {
    const lines = missing.map((what) => line(paths[what], what === 'read' ? 'read' : 'update'))
    return failure(check, detail, `a ${rights} instance needs, in its policy: ${lines.join(' ')}`)
  }
  const excess = uses.filter((what) => what !== 'read' && !needs[what] && can[what] === true)
  if (excess.length > 0) {
    const taken = excess.map((what) => paths[what]).join(', ')
    return warning(check, detail, `a ${rights} instance needs less: take ${taken} out of its policy.`)
  }
  if (given[paths.encrypt]?.includes('create') === true) {
    const fix = `grant ${line(paths.encrypt, 'update')} only.`
    return warning(check, `${detail}, and create: a mistyped name would make a key`, fix)
  }
  return ok(check, detail)
}

function line(path: string, capability: string): string {
  return `path "${path}" { capabilities = ["${capability}"] }`
}
