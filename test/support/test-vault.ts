import { describe } from '@jest/globals'
import { Agent, request } from 'undici'

/** A Vault that a test may do anything with. */
export interface TestVault {
  readonly address: string
  readonly token: string
  readonly caCertificate?: string
}

export interface VaultReply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Tests on Vault run where it is named in SEALGATE_TEST_SERVICES; there they fail rather than skip. */
export const describeOnVault = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',').includes('vault')
  ? describe
  : describe.skip

/** The Vault in dev mode that all test files share. */
export function sharedVault(): TestVault {
  return {
    address: requireVariable('SEALGATE_TEST_VAULT_ADDR'),
    token: requireVariable('SEALGATE_TEST_VAULT_TOKEN'),
  }
}

export function vaultBinary(): string {
  return requireVariable('SEALGATE_TEST_VAULT_BIN')
}

/** Asks Vault directly, beside the code under test. */
export async function callVault(
  { address, token, caCertificate: ca }: TestVault,
  method: 'GET' | 'POST' | 'PUT' | 'LIST' | 'DELETE',
  path: string,
  json?: object,
): Promise<VaultReply> {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } })
  try {
    const { statusCode, body } = await request(`${address}/v1/${path}`, {
      method: method as 'GET',
      headers: { 'x-vault-token': token },
      body: json === undefined ? null : JSON.stringify(json),
      dispatcher,
    })
    const text = await body.text()
    return { status: statusCode, body: text === '' ? {} : (JSON.parse(text) as VaultReply['body']) }
  } finally {
    await dispatcher.close()
  }
}

export interface TokenOptions {
  readonly policy: string
  readonly ttl?: string
  readonly maximumTtl?: string
}

/** Makes a token that has only this policy and the default one. */
export async function createToken(vault: TestVault, options: TokenOptions): Promise<string> {
  const name = await createPolicy(vault, options.policy)
  const { body } = await callVault(vault, 'POST', 'auth/token/create', {
    policies: [name],
    ttl: options.ttl ?? '10m',
    explicit_max_ttl: options.maximumTtl ?? '0',
  })
  return (body as { readonly auth: { readonly client_token: string } }).auth.client_token
}

/** Makes an AppRole in a mount of its own. */
export async function createAppRole(
  vault: TestVault,
  options: TokenOptions,
): Promise<{ readonly roleId: string; readonly secretId: string; readonly mountPath: string }> {
  const policy = await createPolicy(vault, options.policy)
  const mountPath = `approle-${crypto.randomUUID()}`
  await callVault(vault, 'POST', `sys/auth/${mountPath}`, { type: 'approle' })
  const role = `auth/${mountPath}/role/gateway`
  await callVault(vault, 'POST', role, {
    token_policies: [policy],
    token_ttl: options.ttl ?? '10m',
    token_max_ttl: options.maximumTtl ?? '0',
  })
  const { role_id: roleId } = dataOf(await callVault(vault, 'GET', `${role}/role-id`))
  const { secret_id: secretId } = dataOf(await callVault(vault, 'POST', `${role}/secret-id`))
  return { roleId: String(roleId), secretId: String(secretId), mountPath }
}

export function dataOf(reply: VaultReply): Readonly<Record<string, unknown>> {
  return reply.body.data as Readonly<Record<string, unknown>>
}

async function createPolicy(vault: TestVault, policy: string): Promise<string> {
  const name = `policy-${crypto.randomUUID()}`
  await callVault(vault, 'PUT', `sys/policies/acl/${name}`, { policy })
  return name
}

function requireVariable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set`)
  return value
}
