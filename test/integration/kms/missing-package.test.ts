import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, describe, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import { createDataFolder, runCliForJson } from '../../support/run-cli.ts'

beforeAll(async () => {
  await buildDist()
}, 180_000)

describe('without the package of its provider', () => {
  test.each([
    ['aws-kms', { AWS_REGION: 'eu-west-1' }, 'npm install @aws-sdk/client-kms'],
    [
      'azure-key-vault',
      { SEALGATE_AZURE_VAULT_URL: 'https://example.vault.azure.net' },
      'npm install @azure/keyvault-keys @azure/identity',
    ],
    [
      'gcp-kms',
      { SEALGATE_GCP_KEY_RING: 'projects/p/locations/l/keyRings/r' },
      'npm install @google-cloud/kms',
    ],
  ])(
    '%s stops the start with the command that installs it',
    async (provider, variables, command) => {
      const data = createDataFolder()
      const hide = `export const resolve = (name, context, next) =>
      next(/^@(aws-sdk|azure|google-cloud)\\//.test(name) ? '@not/installed' : name, context)`
      const folder = mkdtempSync(join(tmpdir(), 'sealgate-hook-'))
      writeFileSync(join(folder, 'hide.mjs'), hide)
      const hook = `import { register } from 'node:module'\nregister('./hide.mjs', import.meta.url)`
      const file = join(folder, 'hook.mjs')
      writeFileSync(file, hook)
      const { status, stderr } = await runCliForJson(['start', '--port', '0', '--data', data], {
        ...variables,
        SEALGATE_KEYS: provider,
        NODE_OPTIONS: `--import ${file}`,
      })
      expect(status).toBe(2)
      expect(JSON.parse(stderr)).toMatchObject({
        error: { code: 'CONFIGURATION_INVALID', message: expect.stringContaining(command) as unknown },
      })
    },
    60_000,
  )
})
