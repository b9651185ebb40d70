import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createAuthenticator } from '../../../src/auth/authenticate.ts'
import { loadDevelopmentKeys } from '../../../src/auth/development-keys.ts'
import { mintToken } from '../../../src/auth/mint-token.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealgate-keys-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

test('tokens made with the development keys are accepted by the authenticator that comes with them', async () => {
  const { signingKey, authenticator } = await loadDevelopmentKeys(folder, 'main')
  const token = await mintToken(signingKey, { kind: 'user', id: 'person-7', lifetimeSeconds: 60 })
  const viewer = await createAuthenticator(authenticator).authenticate(`Bearer ${token}`)
  expect(viewer).toMatchObject({ id: 'person-7', tenant: 'main' })
  expect(signingKey.issuer).toBe('sealgate-development')
})

test('the pair is made once, in a file of its owner alone', async () => {
  const inner = join(folder, 'made', 'on', 'demand')
  const first = await loadDevelopmentKeys(inner, 'main')
  const second = await loadDevelopmentKeys(inner, 'main')
  expect(second.signingKey.keyId).toBe(first.signingKey.keyId)
  expect(await readdir(inner)).toEqual(['token-signing-key.pem'])
  expect((await stat(join(inner, 'token-signing-key.pem'))).mode & 0o777).toBe(0o600)
})

test('starts at the same time end with the same pair and leave nothing aside', async () => {
  const starts = await Promise.all(Array.from({ length: 20 }, () => loadDevelopmentKeys(folder, 'main')))
  expect(new Set(starts.map(({ signingKey }) => signingKey.keyId)).size).toBe(1)
  expect(await readdir(folder)).toEqual(['token-signing-key.pem'])
})

test('a key file that others can read is refused', async () => {
  await loadDevelopmentKeys(folder, 'main')
  await chmod(join(folder, 'token-signing-key.pem'), 0o644)
  await expect(loadDevelopmentKeys(folder, 'main')).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
})

test('a key file that holds something else is refused, not replaced', async () => {
  await writeFile(join(folder, 'token-signing-key.pem'), 'not a key', { mode: 0o600 })
  await expect(loadDevelopmentKeys(folder, 'main')).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
})
