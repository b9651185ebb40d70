import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type CipherName, ciphers } from '../crypto/cipher-names.ts'
import type { KeyProviderOptions, VaultOptions } from '../kms/index.ts'
import { defaultLimits } from '../server/limits.ts'
import { type PerformanceMode, performanceModes } from '../server/performance-modes.ts'
import type { CacheOptions, GatewayOptions } from '../server/options.ts'
import { readAudit } from './read-audit.ts'
import { readAwsKms } from './read-aws-kms.ts'
import { readAzureKeyVault } from './read-azure-key-vault.ts'
import { EnvironmentReader, invalid } from './read-environment.ts'
import { readGcpKms } from './read-gcp-kms.ts'
import { readKeyPolicies } from './read-key-policies.ts'
import { readVault } from './read-vault.ts'

/** What a start needs to know, read from the environment once. */
export interface Config {
  readonly production: boolean
  readonly host: string
  readonly port: number
  /** Where `/metrics` listens; undefined: nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined
  /** Where the development keys and the embedded database are kept. */
  readonly dataFolder: string
  readonly database: { readonly kind: 'embedded' } | { readonly kind: 'mongodb'; readonly uri: string }
  readonly tokens:
    | { readonly kind: 'development' }
    | { readonly kind: 'configured'; readonly options: GatewayOptions['authentication'] }
  readonly defaultTenant: string
  readonly gateway: Omit<GatewayOptions, 'storage' | 'authentication' | 'explorerTabs'> & {
    readonly databaseName: string
    readonly keysDatabaseName: string
  }
}

/** What the command line may set in the place of a variable. */
export interface Overrides {
  readonly schema?: string | undefined
  readonly port?: string | undefined
  readonly host?: string | undefined
  readonly data?: string | undefined
}

const cipherNames = Object.keys(ciphers) as CipherName[]
const modes = Object.keys(performanceModes) as PerformanceMode[]

const shippedSchema = fileURLToPath(new URL('../../schema', import.meta.url))

/**
 * Reads the configuration. In production nothing that is meant for development is used unless its variable names it.
 * @throws CONFIGURATION_INVALID naming the variable
 */
export function loadConfig(overrides: Overrides = {}, environment: NodeJS.ProcessEnv = process.env): Config {
  const read = readerOf(overrides, environment)
  const production = read.text('NODE_ENV') === 'production'
  const keyRights = read.choice('SEALGATE_KEY_RIGHTS', ['full', 'mask-only', 'write-only']) ?? 'full'
  const dataFolder = read.text('SEALGATE_DATA') ?? join(process.cwd(), '.sealgate')
  const defaultTenant = read.text('SEALGATE_TENANT') ?? 'default'
  const databaseName = read.text('SEALGATE_DATABASE_NAME') ?? 'sealgate'
  const metricsPort = read.wholeNumber('SEALGATE_METRICS_PORT', 0, 65_535)
  const metricsHost = read.text('SEALGATE_METRICS_HOST')
  if (metricsPort === undefined && metricsHost !== undefined)
    throw invalid('SEALGATE_METRICS_PORT', 'is needed with SEALGATE_METRICS_HOST')
  const metrics =
    metricsPort === undefined ? undefined : { host: metricsHost ?? '127.0.0.1', port: metricsPort }
  return {
    production,
    host: read.text('SEALGATE_HOST') ?? '127.0.0.1',
    port: read.wholeNumber('SEALGATE_PORT', 0, 65_535) ?? 4000,
    metrics,
    dataFolder,
    database: readDatabase(read, production),
    tokens: readTokens(read, production, defaultTenant),
    defaultTenant,
    gateway: {
      schemaFolder: findSchemaFolder(overrides, environment),
      databaseName,
      keysDatabaseName: read.text('SEALGATE_KEYS_DATABASE_NAME') ?? `${databaseName}_keys`,
      keys: readKeys(read, production, dataFolder),
      keyRights,
      keyPolicies: readKeyPolicies(read),
      keyApi: read.text('SEALGATE_KEY_API') ?? 'role:ADMIN',
      keySchedule: read.choice('SEALGATE_KEY_SCHEDULE', ['on', 'off']) ?? 'on',
      backups: {
        documents: read.wholeNumber('SEALGATE_BACKUP_DAYS', 0, 36_500),
        keysDatabase: read.wholeNumber('SEALGATE_KEYS_BACKUP_DAYS', 0, 36_500),
        keyService: read.wholeNumber('SEALGATE_KEY_SERVICE_BACKUP_DAYS', 0, 36_500),
      },
      explorer:
        read.choice('SEALGATE_EXPLORER', ['graphiql', 'sandbox', 'off']) ?? (production ? 'off' : 'graphiql'),
      introspection:
        (read.choice('SEALGATE_INTROSPECTION', ['on', 'off']) ?? (production ? 'off' : 'on')) === 'on',
      executor: read.choice('SEALGATE_EXECUTOR', ['planned', 'graphql-js']) ?? 'planned',
      audit: readAudit(read, dataFolder),
      cache: readCache(read, keyRights),
      performance: read.choice('SEALGATE_PERFORMANCE', modes) ?? 'balanced',
      cipher: read.choice('SEALGATE_CIPHER', cipherNames) ?? 'aes-256-gcm',
      metrics: metrics === undefined ? 'off' : 'on',
      limits: {
        ...defaultLimits,
        depth: read.wholeNumber('SEALGATE_MAX_DEPTH', 1, 100) ?? defaultLimits.depth,
        cost: read.wholeNumber('SEALGATE_MAX_COST', 1, 100_000_000) ?? defaultLimits.cost,
        pageSize: read.wholeNumber('SEALGATE_MAX_PAGE_SIZE', 1, 10_000) ?? 500,
        batchSize: read.wholeNumber('SEALGATE_MAX_BATCH_SIZE', 1, 10_000) ?? 1_000,
        relationSize: read.wholeNumber('SEALGATE_MAX_RELATION_SIZE', 1, 100_000) ?? 5_000,
      },
      log: {
        level:
          read.choice('SEALGATE_LOG_LEVEL', ['silent', 'fatal', 'error', 'warn', 'info', 'debug']) ??
          (production ? 'info' : 'warn'),
      },
    },
  }
}

/** The folder of SDL files alone, for what needs no more of the configuration. */
export function findSchemaFolder(
  overrides: Overrides = {},
  environment: NodeJS.ProcessEnv = process.env,
): string {
  return readerOf(overrides, environment).text('SEALGATE_SCHEMA') ?? shippedSchema
}

/** The folder of SDL files, and where the KEKs are: for what reads backups without a database. */
export function loadKeyOptions(
  overrides: Overrides = {},
  environment: NodeJS.ProcessEnv = process.env,
): { readonly schemaFolder: string; readonly keys: KeyProviderOptions } {
  const read = readerOf(overrides, environment)
  const dataFolder = read.text('SEALGATE_DATA') ?? join(process.cwd(), '.sealgate')
  return {
    schemaFolder: findSchemaFolder(overrides, environment),
    keys: readKeys(read, read.text('NODE_ENV') === 'production', dataFolder),
  }
}

/** Whether something is kept under keys of the type `SESSION`. */
export function needsSessionKeys(environment: NodeJS.ProcessEnv = process.env): boolean {
  return readCache(readerOf({}, environment), 'full').kind !== 'off'
}

/** Where Vault is and how to log in, for what sets it up. */
export function loadVaultOptions(environment: NodeJS.ProcessEnv = process.env): VaultOptions {
  const read = readerOf({}, environment)
  return readVault(read, read.text('NODE_ENV') === 'production')
}

export function readerOf(
  { schema, port, host, data }: Overrides,
  environment: NodeJS.ProcessEnv,
): EnvironmentReader {
  return new EnvironmentReader({
    ...environment,
    ...defined({
      SEALGATE_SCHEMA: schema,
      SEALGATE_PORT: port,
      SEALGATE_HOST: host,
      SEALGATE_DATA: data,
    }),
  })
}

export function readDatabase(read: EnvironmentReader, production: boolean): Config['database'] {
  const uri = read.text('MONGODB_URI') ?? read.fileText('MONGODB_URI_FILE')?.trim()
  const kind = read.choice('SEALGATE_DATABASE', ['embedded', 'mongodb'])
  if (kind === 'embedded' || (kind === undefined && uri === undefined)) {
    if (production && kind === undefined) {
      throw invalid(
        'MONGODB_URI',
        'is needed in production; the embedded database is used only if SEALGATE_DATABASE=embedded asks for it',
      )
    }
    return { kind: 'embedded' }
  }
  if (uri === undefined) throw invalid('MONGODB_URI', 'is needed')
  return { kind: 'mongodb', uri }
}

export function readKeys(
  read: EnvironmentReader,
  production: boolean,
  dataFolder: string,
): KeyProviderOptions {
  const previous = read.choice('SEALGATE_PREVIOUS_KEYS', keyServices)
  return {
    ...readKeyService(read, production, dataFolder, read.choice('SEALGATE_KEYS', keyServices)),
    ...(previous === undefined ? {} : { previous: readKeyService(read, production, dataFolder, previous) }),
  }
}

const keyServices = ['local', 'vault', 'aws-kms', 'azure-key-vault', 'gcp-kms'] as const

function readKeyService(
  read: EnvironmentReader,
  production: boolean,
  dataFolder: string,
  kind: (typeof keyServices)[number] | undefined,
): KeyProviderOptions {
  if (kind === 'aws-kms') return readAwsKms(read)
  if (kind === 'azure-key-vault') return readAzureKeyVault(read)
  if (kind === 'gcp-kms') return readGcpKms(read)
  if (kind === 'vault' || (kind === undefined && read.text('VAULT_ADDR') !== undefined))
    return readVault(read, production)
  if (production && kind === undefined) {
    throw invalid(
      'VAULT_ADDR',
      'or another key service named by SEALGATE_KEYS is needed in production; keys in a local file are used only if SEALGATE_KEYS=local asks for them',
    )
  }
  const value = read.text('SEALGATE_MASTER_KEY')
  const file = read.file('SEALGATE_MASTER_KEY_FILE')
  const local = {
    provider: 'local',
    folder: join(dataFolder, 'keys'),
    previousMasterKeys: [
      ...read.list('SEALGATE_PREVIOUS_MASTER_KEYS').map((previous) => ({ value: previous })),
      ...read.list('SEALGATE_PREVIOUS_MASTER_KEY_FILES').map((path) => ({ file: path, generate: false })),
    ],
  } as const
  if (value !== undefined) return { ...local, masterKey: { value } }
  if (file !== undefined) return { ...local, masterKey: { file, generate: false } }
  if (production)
    throw invalid('SEALGATE_MASTER_KEY_FILE', 'is needed with SEALGATE_KEYS=local in production')
  return { ...local, masterKey: { file: join(dataFolder, 'master-key'), generate: true } }
}

export function readCache(read: EnvironmentReader, rights: GatewayOptions['keyRights']): CacheOptions {
  const kind = read.choice('SEALGATE_CACHE', ['off', 'memory', 'redis']) ?? 'off'
  if (kind !== 'off' && rights !== 'full')
    throw invalid('SEALGATE_CACHE', `needs keys that a ${rights} instance may not use`)
  if (kind !== 'redis') return { kind }
  const url = read.text('REDIS_URL') ?? read.fileText('REDIS_URL_FILE')?.trim()
  if (url === undefined) throw invalid('REDIS_URL', 'is needed with SEALGATE_CACHE=redis')
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw invalid('REDIS_URL', 'must be an address that begins with redis:// or rediss://')
  return { kind, url }
}

export function readTokens(
  read: EnvironmentReader,
  production: boolean,
  defaultTenant: string,
): Config['tokens'] {
  const pem = read.fileText('SEALGATE_JWT_PUBLIC_KEY_FILE')
  const json = read.fileText('SEALGATE_JWT_JWKS_FILE')
  const url = read.text('SEALGATE_JWT_JWKS_URL')
  const kind = read.choice('SEALGATE_TOKENS', ['development', 'configured'])
  const none = pem === undefined && json === undefined && url === undefined
  if (kind === 'development' || (kind === undefined && none)) {
    if (production && kind === undefined) {
      throw invalid(
        'SEALGATE_JWT_PUBLIC_KEY_FILE',
        '(or SEALGATE_JWT_JWKS_FILE, SEALGATE_JWT_JWKS_URL) is needed in production; development tokens are accepted only if SEALGATE_TOKENS=development asks for them',
      )
    }
    return { kind: 'development' }
  }
  const issuer = read.text('SEALGATE_JWT_ISSUER')
  if (issuer === undefined)
    throw invalid('SEALGATE_JWT_ISSUER', 'is needed: the only issuer whose tokens are accepted')
  const options = {
    issuer,
    audience: read.text('SEALGATE_JWT_AUDIENCE') ?? 'sealgate',
    tokenType: read.text('SEALGATE_JWT_TYPE') ?? 'at+jwt',
    defaultTenant,
  }
  if (pem !== undefined) return { kind: 'configured', options: { ...options, keys: { from: 'pem', pem } } }
  if (json !== undefined)
    return { kind: 'configured', options: { ...options, keys: { from: 'jwk-set', json } } }
  if (url !== undefined) return { kind: 'configured', options: { ...options, keys: { from: 'url', url } } }
  throw invalid(
    'SEALGATE_JWT_PUBLIC_KEY_FILE',
    '(or SEALGATE_JWT_JWKS_FILE, SEALGATE_JWT_JWKS_URL) is needed',
  )
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
