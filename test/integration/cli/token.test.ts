import { rmSync } from 'node:fs'
import { dirname } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { createAuthenticator } from '../../../src/auth/authenticate.ts'
import { loadDevelopmentKeys } from '../../../src/auth/development-keys.ts'
import { buildDist } from '../../support/build-dist.ts'
import { createDataFolder, runCli, runCliForJson } from '../../support/run-cli.ts'

const data = createDataFolder()

beforeAll(async () => {
  await buildDist()
}, 180_000)

afterAll(() => {
  rmSync(dirname(data), { recursive: true, force: true })
})

async function readViewer(token: string) {
  const { authenticator } = await loadDevelopmentKeys(data, 'default')
  return createAuthenticator(authenticator).authenticate(`Bearer ${token}`)
}

test('a token of a folder that had no key says so, beside the token', async () => {
  const first = await runCli(['token', '--data', data])
  expect(first.status).toBe(0)
  expect(first.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  expect(first.stderr).toBe(
    `note: ${data} had no key, so one was made: only a gateway of that folder accepts the token (--data names another).\n`,
  )
})

test('a token names the viewer that the options describe', async () => {
  const options = ['--id', 'eva', '--role', 'ADMIN', '--role', 'AUDITOR', '--scope', 'cards:reveal']
  const { status, stdout, stderr } = await runCli([
    'token',
    ...[...options, '--subject', 'c-7', '--tenant', 'north', '--data', data],
  ])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(await readViewer(stdout.trim())).toMatchObject({
    kind: 'user',
    id: 'eva',
    subject: 'c-7',
    tenant: 'north',
    roles: new Set(['ADMIN', 'AUDITOR']),
    scopes: new Set(['cards:reveal']),
  })
})

test('a service owns nothing, and its token ends when it should', async () => {
  const { json } = await runCliForJson([
    'token',
    '--name',
    'billing',
    '--service',
    '--expires',
    '2d',
    '--data',
    data,
  ])
  const viewer = await readViewer(json.token)
  expect(viewer).toMatchObject({ kind: 'service', id: 'billing', subject: undefined })
  const [, claims = ''] = String(json.token).split('.')
  const { iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { iat: number; exp: number }
  expect(exp - iat).toBe(2 * 86_400)
  expect(json).toMatchObject({
    kind: 'service',
    roles: [],
    scopes: [],
    header: `authorization: Bearer ${json.token}`,
  })
})

test('--header prints a header that curl takes as it is', async () => {
  const { stdout } = await runCli(['token', '--header', '--data', data])
  expect(stdout).toMatch(/^authorization: Bearer [\w-]+\.[\w-]+\.[\w-]+\n$/)
})

test.each([
  [['--expires', '1 hour']],
  [['--expires', '0h']],
  [['--expires', '400d']],
  [['--scope', 'a b']],
  [['--role', '']],
  [['--colour']],
])('arguments that mean nothing are refused with status 2: %j', async (args) => {
  const { status, stdout, stderr } = await runCli(['token', ...args, '--data', data])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^error: /)
})

test('a gateway of an issuer gets no development token, but is told what to do', async () => {
  const environment = {
    SEALGATE_JWT_JWKS_URL: 'https://issuer.example/keys',
    SEALGATE_JWT_ISSUER: 'https://issuer.example',
  }
  const { status, stdout, stderr } = await runCli(['token', '--data', data], environment)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain('https://issuer.example')
  expect(stderr).toContain('SEALGATE_TOKENS=development')
})
