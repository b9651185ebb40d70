import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { findSchemaFolder, loadVaultOptions, needsSessionKeys } from '../../config/load-config.ts'
import { keyPurposes } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import { VaultClient } from '../../kms/vault/client.ts'
import { keyNameOf } from '../../kms/key-name.ts'
import { prepareKey } from '../../kms/vault/keys.ts'
import { parseVaultOptions } from '../../kms/vault/options.ts'
import { vaultPolicies } from '../../kms/vault/policies.ts'
import { VaultSession } from '../../kms/vault/session.ts'
import { sealedStoreKeks } from '../../sealed-store/sealed-store.ts'
import { neededKeks } from '../../server/verified-keys.ts'
import { readSchema } from '../read-schema.ts'
import { renderTable } from '../table.ts'
import type { VaultInitOptions } from '../vault.ts'

interface Step {
  readonly what: 'key' | 'policy'
  readonly name: string
  readonly state: string
}

/** Idempotent: what is there and fit stays as it is; what is there and unfit is an error. */
export async function initVault(options: VaultInitOptions): Promise<void> {
  const { policies: schema } = readSchema(findSchemaFolder(options))
  const settings = parseVaultOptions(loadVaultOptions())
  const { mountPath, keyPrefix } = settings
  const keks = [...neededKeks(schema, 'full', true), ...(needsSessionKeys() ? sealedStoreKeks : [])]
  const keyTypes = [...new Set(keks.map(({ keyType }) => keyType))].sort()
  const keyNames = keyTypes.flatMap((keyType) =>
    keyPurposes.map((purpose) => keyNameOf(keyPrefix, { keyType, purpose })),
  )
  const texts = Object.entries(vaultPolicies(settings, keyTypes)).map(
    ([kind, text]) => [`${keyPrefix}-${kind}`, text] as const,
  )
  const dry = options.dryRun === true
  const steps: Step[] = []
  const client = await VaultClient.open(settings)
  const session = await VaultSession.open(client, settings.auth)
  try {
    for (const name of keyNames) {
      const { status } = await session.request('GET', `${mountPath}/keys/${name}`)
      const missing = status === 404
      if (!dry || !missing) await prepareKey(session, mountPath, name)
      steps.push({ what: 'key', name, state: missing ? (dry ? 'would be made' : 'made') : 'exists' })
    }
    if (options.writePolicies === true) {
      for (const [name, text] of texts) {
        steps.push({ what: 'policy', name, state: await writePolicy(session, name, text, dry) })
      }
    }
  } finally {
    session.close()
    await client.close()
  }
  if (options.policies !== undefined && !dry) writeFiles(options.policies, texts)
  report(options, steps, texts)
}

async function writePolicy(session: VaultSession, name: string, text: string, dry: boolean): Promise<string> {
  const path = `sys/policies/acl/${name}`
  const { status: found, data } = await session.request('GET', path)
  const before = (data as { readonly policy?: unknown } | undefined)?.policy
  if (found === 200 && before === text) return 'exists'
  const done = found === 200 ? 'replaced' : 'written'
  if (dry) return `would be ${done}`
  const { status } = await session.request('POST', path, { policy: text })
  if (status === 403) {
    const line = `path "${path}" { capabilities = ["create", "read", "update"] }`
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `Vault's policy does not let this token write the policy ${name}. It needs: ${line}`,
    })
  }
  if (status !== 200) {
    throw new GatewayError('KEY_UNAVAILABLE', { message: `Vault answered ${status} about ${path}.` })
  }
  return done
}

function writeFiles(folder: string, texts: readonly (readonly [name: string, text: string])[]): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of texts) writeFileSync(join(folder, `${name}.hcl`), text)
  } catch {
    throw new GatewayError('CONFIGURATION_INVALID', { message: `${folder} cannot be written.` })
  }
}

function report(
  { json, dryRun, policies: folder, writePolicies }: VaultInitOptions,
  steps: readonly Step[],
  texts: readonly (readonly [name: string, text: string])[],
): void {
  if (json === true) {
    const result = { dryRun: dryRun === true, steps, policies: Object.fromEntries(texts) }
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const rows = steps.map(({ what, name, state }) => [what, name, state])
  process.stdout.write(`\n${renderTable(['', 'name', 'in Vault'], rows)}\n\n`)
  if (writePolicies === true && folder === undefined) return
  for (const [name, text] of texts) {
    const said =
      folder === undefined || dryRun === true
        ? `# Policy ${name}: vault policy write ${name} -\n${text}\n`
        : `vault policy write ${name} ${join(folder, `${name}.hcl`)}\n`
    process.stdout.write(said)
  }
}
