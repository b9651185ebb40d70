import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { callVault, vaultBinary } from './test-vault.ts'
import type { TestVault } from './test-vault.ts'

/** A Vault in server mode on raft storage, to seal, kill and start again on the same folder. */
export class VaultServer {
  readonly #folder: string
  readonly #port: number
  readonly #caCertificate: string | undefined
  #process: ChildProcess | undefined
  #rootToken = ''
  #unsealKey = ''

  private constructor(folder: string, port: number, caCertificate: string | undefined) {
    this.#folder = folder
    this.#port = port
    this.#caCertificate = caCertificate
  }

  /** Starts a server in an empty folder, initialises and unseals it. With `tls`, on `https://localhost`. */
  static async create(folder: string, { tls = false } = {}): Promise<VaultServer> {
    const certificate = `tls_cert_file = "${join(folder, 'server.crt')}"
       tls_key_file = "${join(folder, 'server.key')}"`
    const server = await VaultServer.launch(
      folder,
      (storage, address, clusterAddress) => `
        storage "raft" {
          path = "${storage}"
          node_id = "test"
        }
        listener "tcp" {
          address = "${address}"
          cluster_address = "${clusterAddress}"
          ${tls ? certificate : 'tls_disable = true'}
        }
        api_addr = "${tls ? 'https' : 'http'}://${address}"
        cluster_addr = "https://${clusterAddress}"
        disable_mlock = true`,
      tls ? createCertificates(folder) : undefined,
    )
    const { body } = await callVault(server.vault, 'PUT', 'sys/init', {
      secret_shares: 1,
      secret_threshold: 1,
    })
    server.#rootToken = String(body.root_token)
    server.#unsealKey = String((body.keys as readonly unknown[])[0])
    await server.unseal()
    return server
  }

  /** Starts a server in an empty folder from a snapshot of another, whose unseal key and root token it has then. */
  static async fromSnapshot(folder: string, snapshot: Buffer, origin: VaultServer): Promise<VaultServer> {
    const server = await VaultServer.create(folder)
    await snapshotOf(server.vault, 'POST', '-force', snapshot)
    server.#rootToken = origin.#rootToken
    server.#unsealKey = origin.#unsealKey
    await server.unseal()
    return server
  }

  /** Everything that the server holds, sealed. */
  snapshot(): Promise<Buffer> {
    return snapshotOf(this.vault, 'GET', '')
  }

  /** Starts a server in an empty folder under this configuration, and leaves it to be initialised. */
  static async launch(
    folder: string,
    configure: (storage: string, address: string, clusterAddress: string) => string,
    caCertificate?: string,
  ): Promise<VaultServer> {
    const port = await findFreePort()
    const storage = join(folder, 'storage')
    mkdirSync(storage)
    const clusterAddress = `127.0.0.1:${await findFreePort()}`
    writeFileSync(join(folder, 'vault.hcl'), configure(storage, `127.0.0.1:${port}`, clusterAddress))
    const server = new VaultServer(folder, port, caCertificate)
    await server.start()
    return server
  }

  get vault(): TestVault {
    const ca = this.#caCertificate
    return {
      address: `${ca === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${this.#port}`,
      token: this.#rootToken,
      ...(ca === undefined ? {} : { caCertificate: ca }),
    }
  }

  async start(): Promise<void> {
    this.#process = spawn(vaultBinary(), ['server', `-config=${join(this.#folder, 'vault.hcl')}`], {
      stdio: 'ignore',
    })
    for (let attempt = 0; attempt < 200; attempt++) {
      if (this.#process.exitCode !== null) break
      const reply = await callVault(this.vault, 'GET', 'sys/seal-status').catch(() => undefined)
      if (reply?.status === 200) return
      await pause(100)
    }
    throw new Error('Vault did not start')
  }

  async unseal(): Promise<void> {
    await callVault(this.vault, 'PUT', 'sys/unseal', { key: this.#unsealKey })
    // A server that has just been unsealed answers 503 until it is active.
    while ((await callVault(this.vault, 'GET', 'sys/health')).status !== 200) await pause(50)
  }

  async seal(): Promise<void> {
    await callVault(this.vault, 'PUT', 'sys/seal')
  }

  async kill(): Promise<void> {
    const child = this.#process
    if (child?.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

async function snapshotOf(
  { address, token }: TestVault,
  method: string,
  suffix: '' | '-force',
  body?: Buffer,
): Promise<Buffer> {
  const response = await fetch(`${address}/v1/sys/storage/raft/snapshot${suffix}`, {
    method,
    headers: { 'x-vault-token': token },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  })
  if (!response.ok) throw new Error(`Vault answered ${response.status} to a question about snapshots`)
  return Buffer.from(await response.arrayBuffer())
}

export async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A certificate for `localhost` and the authority that signed it, whose PEM is answered. */
function createCertificates(folder: string): string {
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=Test CA',
    '-days',
    '2',
  )
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
  writeFileSync(join(folder, 'server.ext'), 'subjectAltName=DNS:localhost\n')
  const signing = [
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'server.ext',
    '-days',
    '2',
  ]
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signing)
  return readFileSync(join(folder, 'ca.crt'), 'utf8')
}
