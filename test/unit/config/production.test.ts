import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from '@jest/globals'

import { loadConfig } from '../../../src/config/load-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'sealgate-config-'))
const file = join(folder, 'file')
writeFileSync(file, 'text')

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** The least that a production start needs. */
const production = {
  NODE_ENV: 'production',
  MONGODB_URI: 'mongodb://db.example/',
  VAULT_ADDR: 'https://vault.example',
  VAULT_TOKEN: 'token',
  SEALGATE_JWT_PUBLIC_KEY_FILE: file,
  SEALGATE_JWT_ISSUER: 'https://issuer.example',
}

const load = (changes: Record<string, string | undefined>) => loadConfig({}, { ...production, ...changes })

describe('a production configuration', () => {
  it('has no explorer and no introspection', () => {
    const { gateway, database, tokens } = load({})
    expect(gateway).toMatchObject({ explorer: 'off', introspection: false, audit: { sinks: ['database'] } })
    expect(gateway.keys.provider).toBe('vault')
    expect([database.kind, tokens.kind]).toEqual(['mongodb', 'configured'])
  })

  it.each([
    ['the embedded database', { MONGODB_URI: undefined }, 'MONGODB_URI'],
    ['local keys', { VAULT_ADDR: undefined }, 'VAULT_ADDR'],
    ['a generated master key', { SEALGATE_KEYS: 'local' }, 'SEALGATE_MASTER_KEY_FILE'],
    ['development tokens', { SEALGATE_JWT_PUBLIC_KEY_FILE: undefined }, 'SEALGATE_JWT_PUBLIC_KEY_FILE'],
    ['tokens of any issuer', { SEALGATE_JWT_ISSUER: undefined }, 'SEALGATE_JWT_ISSUER'],
    ['AWS without a region', { SEALGATE_KEYS: 'aws-kms' }, 'AWS_REGION'],
    ['Azure without a vault', { SEALGATE_KEYS: 'azure-key-vault' }, 'SEALGATE_AZURE_VAULT_URL'],
    ['Google without a key ring', { SEALGATE_KEYS: 'gcp-kms' }, 'SEALGATE_GCP_KEY_RING'],
    ['certificates that nobody verifies', { VAULT_SKIP_VERIFY: 'true' }, 'VAULT_SKIP_VERIFY'],
    ['a cache in a Redis of no address', { SEALGATE_CACHE: 'redis' }, 'REDIS_URL'],
    [
      'a cache at an address of another kind',
      { SEALGATE_CACHE: 'redis', REDIS_URL: 'http://r' },
      'REDIS_URL',
    ],
    [
      'a cache that the instance has no keys for',
      { SEALGATE_CACHE: 'memory', SEALGATE_KEY_RIGHTS: 'mask-only' },
      'SEALGATE_CACHE',
    ],
  ])('refuses %s, by the name of the variable', (_what, changes, variable) => {
    expect(() => load(changes)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringMatching(new RegExp(`^${variable} `)),
      }),
    )
  })

  it.each([
    ['the embedded database', { MONGODB_URI: undefined, SEALGATE_DATABASE: 'embedded' }],
    ['local keys', { VAULT_ADDR: undefined, SEALGATE_KEYS: 'local', SEALGATE_MASTER_KEY_FILE: file }],
    ['keys in AWS', { VAULT_ADDR: undefined, SEALGATE_KEYS: 'aws-kms', AWS_REGION: 'eu-west-1' }],
    ['development tokens', { SEALGATE_TOKENS: 'development' }],
    ['the explorer', { SEALGATE_EXPLORER: 'graphiql' }],
    ['introspection', { SEALGATE_INTROSPECTION: 'on' }],
  ])('takes %s where a variable asks for it by name', (_what, changes) => {
    expect(() => load(changes)).not.toThrow()
  })
})

describe('any configuration', () => {
  it('refuses values that are none of the choices or out of bounds, without repeating them', () => {
    for (const [variable, value] of [
      ['SEALGATE_EXPLORER', 'grafiql'],
      ['SEALGATE_PORT', '70000'],
      ['SEALGATE_MAX_DEPTH', '1.5'],
      ['VAULT_CACERT', '/no/such/file'],
    ] as const) {
      const attempt = () => load({ [variable]: value })
      expect(attempt).toThrow(new RegExp(`^${variable} `))
      expect(attempt).not.toThrow(value)
    }
  })

  it('takes an empty variable as one that is not set', () => {
    expect(load({ SEALGATE_PORT: '' }).port).toBe(4000)
  })
})
