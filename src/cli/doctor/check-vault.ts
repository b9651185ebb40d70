import type { KeyRights } from '../../crypto/key-rights.ts'
import type { Policies } from '../../directives/policies.ts'
import type { VaultOptions } from '../../kms/index.ts'
import { VaultClient } from '../../kms/vault/client.ts'
import { parseVaultOptions, type VaultSettings } from '../../kms/vault/options.ts'
import { VaultSession } from '../../kms/vault/session.ts'
import { neededKeks } from '../../server/verified-keys.ts'
import { checkClock } from './check-clock.ts'
import { checkVaultKey } from './check-vault-key.ts'
import { describeFailure, failure, type Finding, ok, warning } from './finding.ts'

const check = 'Vault'

/** Asks Vault how it is, how long the token lives, and what it may do with each key that the schema needs. */
export async function checkVault(
  options: VaultOptions,
  policies: Policies | undefined,
  rights: KeyRights,
  audited: boolean,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let client: VaultClient | undefined
  let session: VaultSession | undefined
  try {
    const settings = parseVaultOptions(options)
    client = await VaultClient.open(settings)
    findings.push(...(await checkHealth(client, settings)))
    session = await VaultSession.open(client, settings.auth)
    findings.push(await checkToken(session))
    for (const kek of policies === undefined ? [] : neededKeks(policies, 'full', audited))
      findings.push(await checkVaultKey(session, settings, kek, rights))
  } catch (error) {
    findings.push(
      failure(check, describeFailure(error), 'check VAULT_ADDR, VAULT_CACERT and the credentials.'),
    )
  } finally {
    session?.close()
    await client?.close()
  }
  return findings
}

async function checkHealth(client: VaultClient, { address }: VaultSettings): Promise<readonly Finding[]> {
  const asked = Date.now()
  // Standby nodes and sealed ones answer 200 too: what they are stands in the body.
  const path = 'sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200'
  const { body } = await client.send({ method: 'GET', path, token: '', maximum: 65_536 })
  const health = JSON.parse(body.toString()) as Readonly<Record<string, unknown>>
  const detail = `${String(health.version)} at ${address}`
  if (health.initialized !== true)
    return [failure(check, `${detail} is not initialised`, 'vault operator init')]
  if (health.sealed === true) return [failure(check, `${detail} is sealed`, 'vault operator unseal')]
  const clock =
    typeof health.server_time_utc === 'number'
      ? [checkClock(check, health.server_time_utc * 1_000, asked, Date.now(), 1_000)]
      : []
  return [ok(check, detail), ...clock]
}

const shortSeconds = 3_600

async function checkToken(session: VaultSession): Promise<Finding> {
  const name = 'Vault token'
  const { status, data } = await session.request('GET', 'auth/token/lookup-self')
  if (status !== 200) {
    const line = 'path "auth/token/lookup-self" { capabilities = ["read"] }'
    return warning(name, 'its life cannot be read', `add to its policy: ${line}`)
  }
  const { ttl, renewable, policies } = data as Readonly<Record<string, unknown>>
  const names = Array.isArray(policies) ? policies.join(', ') : ''
  const life =
    ttl === 0 ? 'never ends' : `${String(ttl)} s left, ${renewable === true ? '' : 'not '}renewable`
  const detail = `${life}, policies ${names}`
  if (Array.isArray(policies) && policies.includes('root'))
    return warning(name, detail, 'give the gateway a token or AppRole with the policy of docs/operations.md.')
  if (typeof ttl === 'number' && ttl > 0 && ttl < shortSeconds && renewable !== true)
    return warning(name, detail, 'use an AppRole, or a renewable token.')
  return ok(name, detail)
}
