import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sealgate-package-'))
const project = join(folder, 'project')
const tsc = join(root, 'node_modules/typescript/bin/tsc')

function run(program: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** An empty project with the packed package in it, and beside it, in the place of a registry, what it depends on. */
beforeAll(() => {
  const source = join(folder, 'package')
  mkdirSync(source)
  for (const name of ['package.json', 'README.md', 'LICENSE', 'schema', 'docs', 'examples'])
    cpSync(join(root, name), join(source, name), { recursive: true })
  const build = [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(source, 'dist')]
  expect(run(process.execPath, build, root)).toMatchObject({ status: 0 })
  const packed = run('npm', ['pack', '--ignore-scripts', '--offline', '--pack-destination', folder], source)
  expect(packed).toMatchObject({ status: 0 })

  const modules = join(project, 'node_modules')
  mkdirSync(modules, { recursive: true })
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? ''
  expect(run('tar', ['-xzf', join(folder, tarball), '-C', modules], folder)).toMatchObject({ status: 0 })
  cpSync(join(modules, 'package'), join(modules, 'sealgate'), { recursive: true })
  rmSync(join(modules, 'package'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }')
}, 240_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const program = `
import { Buffer } from 'node:buffer'
import {
  createApolloCache, createMemoryEntries, decryptBuffer, encryptBuffer, GatewayError, type KeyRing, type KeyTuple, SealedStore,
} from 'sealgate'

export async function use(keys: KeyRing, tuple: KeyTuple): Promise<string | undefined> {
  const options = { keys, tuple, context: ['avatar', 'u-1'] }
  const sealed: Buffer = await encryptBuffer(Buffer.from('bytes'), { ...options, compression: 'GZIP' })
  await decryptBuffer(sealed, { ...options, maxLength: 10 })
  const store = new SealedStore({ keys, entries: createMemoryEntries(), name: 'sessions', tenant: 'acme' })
  createApolloCache(store, { ttl: 60, onFailure: (error) => { if (!(error instanceof GatewayError)) throw error } })
  await store.set('name', 'value', { ttl: 60 })
  return store.get('name')
}
`

test('the packed package has types that a strict program compiles against', () => {
  writeFileSync(join(project, 'use.ts'), program)
  const strict = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', '--noEmit']
  const compiled = run(process.execPath, [tsc, ...strict, '--skipLibCheck', 'use.ts'], project)
  expect(compiled).toEqual({ status: 0, stdout: '', stderr: '' })
  writeFileSync(join(project, 'misuse.ts'), program.replace('ttl: 60 })\n  return', "ttl: '60' })\n  return"))
  const refused = run(process.execPath, [tsc, ...strict, '--skipLibCheck', 'misuse.ts'], project)
  expect(refused.stdout).toContain('misuse.ts')
})

test('its entry names what is ready, and nothing else can be imported from it', () => {
  const code = `
    const names = Object.keys(await import('sealgate'))
    const inner = await import('sealgate/dist/crypto/aead.js').catch(({ code }) => code)
    console.log(JSON.stringify({ names, inner }))
  `
  const { stdout, stderr } = run(process.execPath, ['--input-type=module', '-e', code], project)
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    names: [
      'GatewayError',
      'SealedStore',
      'connectRedisEntries',
      'createApolloCache',
      'createDecryptTransform',
      'createEncryptTransform',
      'createKeyTuple',
      'createMemoryEntries',
      'decryptBuffer',
      'decryptStream',
      'encryptBuffer',
      'encryptStream',
      'errorCodes',
      'openKeyRing',
      'sealedStoreKeks',
    ],
    inner: 'ERR_PACKAGE_PATH_NOT_EXPORTED',
  })
})

test('a program with it shares the keys of a gateway: what the command sealed it opens, and keeps values', () => {
  const command = join(project, 'node_modules/sealgate/dist/cli/main.js')
  writeFileSync(join(project, 'file'), 'content')
  const sealed = run(process.execPath, [command, 'seal', 'file', '--data', 'data'], project)
  expect(sealed).toMatchObject({ status: 0 })
  const gateway = `
    import { startEmbeddedMongodb } from '${join(project, 'node_modules/sealgate/dist/embedded-mongodb/index.js')}'
    import { readFile } from 'node:fs/promises'
    import { createKeyTuple, createMemoryEntries, decryptBuffer, openKeyRing, SealedStore, sealedStoreKeks } from 'sealgate'

    const server = await startEmbeddedMongodb({ folder: 'data/database' })
    const tuple = createKeyTuple({ tenant: 'default', scope: 'TENANT', scopeId: '' }, 'PII', 'REVEAL')
    const { keyRing: keys, close } = await openKeyRing({
      keys: { provider: 'local', folder: 'data/keys', masterKey: { file: 'data/master-key', generate: false } },
      storage: { uri: server.uri, keysDatabase: 'sealgate_keys' },
      keks: [tuple, ...sealedStoreKeks],
      rights: 'full',
    })
    const opened = await decryptBuffer(await readFile('file.sealed'), { keys, tuple, context: ['file'] })
    const store = new SealedStore({ keys, entries: createMemoryEntries(), name: 'sessions', tenant: 'default' })
    await store.set('name', 'value', { ttl: 60 })
    console.log(JSON.stringify([opened.toString(), await store.get('name')]))
    await close()
    await server.close()
  `
  writeFileSync(join(project, 'program.js'), gateway)
  const { stdout, stderr } = run(process.execPath, ['program.js'], project)
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual(['content', 'value'])
})
