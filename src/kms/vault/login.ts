import { readFile } from 'node:fs/promises'
import type NodeVault from 'node-vault'
import { GatewayError } from '../../errors.ts'
import type { Credential, VaultAuth } from './options.ts'

/** A token that Vault granted, and for how long: 0 seconds is for ever. */
export interface Grant {
  readonly token: string
  readonly seconds: number
  readonly renewable: boolean
}

/** Where Kubernetes puts the token of a pod's service account, and renews it. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'

type Login<Auth> = (vault: NodeVault.client, auth: Auth) => Promise<Grant>

const logins: { readonly [M in VaultAuth['method']]: Login<Extract<VaultAuth, { readonly method: M }>> } = {
  async token(vault, auth) {
    const token = await readCredential(auth.token)
    const answer: unknown = await vault.tokenLookupSelf({
      requestOptions: { headers: { 'X-Vault-Token': token } },
    })
    // A root token that never ends has no `renewable`.
    const { ttl, renewable = false } = field(answer, 'data')
    return assertGrant({ token, seconds: ttl, renewable })
  },

  async approle(vault, auth) {
    const answer: unknown = await vault.approleLogin({
      mount_point: auth.mountPath ?? 'approle',
      role_id: await readCredential(auth.roleId),
      secret_id: await readCredential(auth.secretId),
    })
    return readGrant(answer)
  },

  async kubernetes(vault, auth) {
    const answer: unknown = await vault.kubernetesLogin({
      mount_point: auth.mountPath ?? 'kubernetes',
      role: auth.role,
      jwt: await readCredential(auth.jwt ?? { file: serviceAccountToken }),
    })
    return readGrant(answer)
  },
}

/** Logs in by the row of `auth.method`. Rejects with what node-vault rejects with. */
export function logIn(vault: NodeVault.client, auth: VaultAuth): Promise<Grant> {
  const login = logins[auth.method] as Login<VaultAuth>
  return login(vault, auth)
}

/** The grant in an answer to a login or a renewal. */
export function readGrant(answer: unknown): Grant {
  const { client_token: token, lease_duration: seconds, renewable } = field(answer, 'auth')
  return assertGrant({ token, seconds, renewable })
}

function field(answer: unknown, name: string): Record<string, unknown> {
  return ((answer as Record<string, unknown> | undefined)?.[name] ?? {}) as Record<string, unknown>
}

function assertGrant({ token, seconds, renewable }: { readonly [N in keyof Grant]: unknown }): Grant {
  if (typeof token !== 'string' || typeof seconds !== 'number' || typeof renewable !== 'boolean') {
    throw new GatewayError('KEY_UNAVAILABLE', { message: 'Vault answered a login without granting a token.' })
  }
  return { token, seconds, renewable }
}

async function readCredential(credential: Credential): Promise<string> {
  if (typeof credential === 'string') return credential
  try {
    return (await readFile(credential.file, 'utf8')).trim()
  } catch {
    throw new GatewayError('KEY_UNAVAILABLE', {
      message: `The credential file ${credential.file} could not be read.`,
    })
  }
}
