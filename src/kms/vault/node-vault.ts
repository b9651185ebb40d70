import type NodeVault from 'node-vault'
import type { VaultClient } from './client.ts'

const maximumAnswerLength = 256 * 1_024

/**
 * node-vault over our own client, so that TLS, time, size and environment are handled in one place: it would obey
 * VAULT_SKIP_VERIFY and proxies, follow redirects with the token, and print credentials under DEBUG. Never sent keys.
 */
export async function openNodeVault(client: VaultClient): Promise<NodeVault.client> {
  const { default: createNodeVault } = await import('node-vault')
  const vault = createNodeVault({
    'request-promise': { defaults: () => createTransport(client) },
    debug: () => undefined,
  })
  vault.token = '' // not VAULT_TOKEN
  return vault
}

interface TransportOptions {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: { readonly 'X-Vault-Token'?: string }
  readonly json?: object | boolean
}

/** What node-vault expects of a request library. Of the address it knows only the path is taken. */
function createTransport(client: VaultClient) {
  return async ({ method, path, headers, json }: TransportOptions) => {
    const { status, body } = await client.send({
      method,
      path: path.slice(1).replaceAll('&#x2F;', '/'),
      token: headers['X-Vault-Token'] ?? '',
      body: typeof json === 'object' ? Buffer.from(JSON.stringify(json)) : undefined,
      maximum: maximumAnswerLength,
    })
    return { statusCode: status, body: parseJson(body), request: { path } }
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
