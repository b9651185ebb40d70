import { randomBytes } from 'node:crypto'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Kek, KeyProvider } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import { describeKeyProvider, unwrapOne, wrapOne } from '../../suites/key-provider.suite.ts'

const kek: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const context = Buffer.from('tenant-1/customer-7')
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sealgate-local-'))
})

afterAll(() => rm(root, { recursive: true }))

describeKeyProvider('local', { create: () => createFileProvider(join(root, 'suite')) })

describe('local provider', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(root, 'case-'))
  })

  test('keeps every file to its owner, and no key in any of them', async () => {
    const provider = createFileProvider(folder)
    await provider.prepare([kek])
    await provider.close()
    const names = await readdir(folder)
    expect(names.sort()).toEqual(['PII-REVEAL-1.kek', 'keyring', 'master.key'])
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
  })

  test('opens with the same master key as bytes and as base64, and with no other', async () => {
    const masterKey = randomBytes(32)
    const key = randomBytes(32)
    const first = createValueProvider(folder, masterKey)
    await first.prepare([kek])
    const wrapped = await wrapOne(first, kek, context, key)
    const second = createValueProvider(folder, masterKey.toString('base64'))
    await second.prepare([kek])
    expect(await unwrapOne(second, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
    const wrong = createValueProvider(folder, randomBytes(32))
    await expect(wrong.prepare([kek])).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    await Promise.all([first.close(), second.close(), wrong.close()])
  })

  test('leaves the bytes of the master key as they are', async () => {
    const masterKey = randomBytes(32)
    const before = Buffer.from(masterKey)
    const provider = createValueProvider(folder, masterKey)
    await provider.prepare([kek])
    await provider.close()
    expect(masterKey.equals(before)).toBe(true)
  })

  test('ends with one master key and the same KEKs when several start at once on an empty folder', async () => {
    const create = () => createFileProvider(join(folder, 'new', 'keys'))
    const first = create()
    const others = Array.from({ length: 4 }, create)
    const providers = [first, ...others]
    await Promise.all(providers.map((provider) => provider.prepare([kek])))
    const key = randomBytes(32)
    const wrapped = await wrapOne(first, kek, context, key)
    for (const provider of others) {
      expect(await unwrapOne(provider, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
    }
    expect(await readdir(join(folder, 'new', 'keys'))).toHaveLength(3)
    await Promise.all(providers.map((provider) => provider.close()))
  })

  test.each([
    ['short bytes', randomBytes(31)],
    ['short base64', randomBytes(31).toString('base64')],
    ['text that is not base64', 'correct horse battery staple correct horse'],
    ['nothing', ''],
  ])('refuses a master key of %s', async (_, value) => {
    const refused = createValueProvider(folder, value).prepare([kek])
    await expect(refused).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })

  test('generates a master key only where it is told to', async () => {
    const file = join(folder, 'absent.key')
    const provider = createKeyProvider({ provider: 'local', folder, masterKey: { file, generate: false } })
    await expect(provider.prepare([kek])).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })

  test('makes no new master key when keys were sealed under a lost one', async () => {
    const provider = createFileProvider(folder)
    await provider.prepare([kek])
    await rename(join(folder, 'master.key'), join(folder, 'elsewhere'))
    const again = createFileProvider(folder)
    await expect(again.prepare([kek])).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    await rename(join(folder, 'elsewhere'), join(folder, 'master.key'))
    await again.prepare([kek])
    await again.check()
    await Promise.all([provider.close(), again.close()])
  })

  test.each(['master.key', 'keyring', 'PII-REVEAL-1.kek'])(
    'refuses %s when others may read it',
    async (name) => {
      await createFileProvider(folder).prepare([kek])
      await chmod(join(folder, name), 0o640)
      const refused = createFileProvider(folder).prepare([kek])
      await expect(refused).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
    },
  )

  test('refuses a sealed file with any byte changed, cut or added', async () => {
    const sealed = join(root, 'sealed')
    await createFileProvider(sealed).prepare([kek])
    const masterKey = await readFile(join(sealed, 'master.key'))
    for (const name of ['keyring', 'PII-REVEAL-1.kek']) {
      const whole = await readFile(join(sealed, name))
      const changed = [0, 4, 5, 20, 40, whole.length - 1].map((at) => {
        const bytes = Buffer.from(whole)
        bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
        return bytes
      })
      for (const bytes of [...changed, whole.subarray(1), whole.subarray(0, -1), Buffer.alloc(0)]) {
        const copy = join(folder, randomBytes(4).toString('hex'))
        await cp(sealed, copy, { recursive: true })
        await writeFile(join(copy, name), bytes)
        const refused = createValueProvider(copy, masterKey).prepare([kek])
        await expect(refused).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
      }
    }
  })

  test('refuses the sealed file of one KEK under the name of another', async () => {
    const provider = createFileProvider(folder)
    await provider.prepare([kek])
    await cp(join(folder, 'PII-REVEAL-1.kek'), join(folder, 'PII-MASK-1.kek'))
    const refused = provider.prepare([{ keyType: 'PII', purpose: 'MASK' }])
    await expect(refused).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    await provider.close()
  })

  describe('under another master key', () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)]
    const open = async (current: Buffer, ...previous: Buffer[]): Promise<KeyProvider> => {
      const previousMasterKeys = previous.map((value) => ({ value }))
      const provider = createKeyProvider({
        provider: 'local',
        folder,
        masterKey: { value: current },
        previousMasterKeys,
      })
      await provider.prepare([kek])
      return provider
    }

    test('opens what the one before it sealed, and needs that no more afterwards', async () => {
      const key = randomBytes(32)
      const before = await open(old)
      const wrapped = await wrapOne(before, kek, context, key)
      await before.rotate(kek)
      const { newestCreatedAt } = await before.status(kek)
      await before.close()
      const changing = await open(fresh, old)
      expect(await unwrapOne(changing, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
      await changing.close()
      const after = await open(fresh)
      expect(await unwrapOne(after, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
      expect(await after.status(kek)).toEqual({ newest: 2, oldest: 1, newestCreatedAt })
      await after.close()
      await expect(open(old)).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    })

    test('goes on where a change was interrupted, after any file of it', async () => {
      const before = await open(old)
      const wrapped = await wrapOne(before, kek, context, randomBytes(32))
      for (let version = 1; version < 4; version += 1) await before.rotate(kek)
      await before.close()
      const sealedBefore = await readFiles(folder)
      await (await open(fresh, old)).close()
      const sealedAfter = await readFiles(folder)
      const order = [...sealedAfter.keys()].filter((name) => name !== 'keyring')
      for (let changed = 0; changed <= order.length; changed += 1) {
        for (const [name, bytes] of sealedBefore) {
          await writeFile(
            join(folder, name),
            order.slice(0, changed).includes(name) ? (sealedAfter.get(name) ?? bytes) : bytes,
          )
        }
        await (await open(fresh, old)).close()
        const after = await open(fresh)
        expect(await unwrapOne(after, kek, context, wrapped)).toMatchObject({ ok: true })
        expect(await after.status(kek)).toMatchObject({ newest: 4, oldest: 1 })
        await after.close()
      }
    })

    test('processes that know both share the folder while it changes; one that knows the old alone makes no version', async () => {
      const [stale, knowing] = [await open(old), await open(old, fresh)]
      const changing = await open(fresh, old)
      await changing.rotate(kek)
      const wrapped = await wrapOne(changing, kek, context, randomBytes(32))
      expect(await unwrapOne(knowing, kek, context, wrapped)).toMatchObject({ ok: true })
      await destroyNewest(folder)
      await expect(stale.rotate(kek)).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
      await Promise.all([stale, knowing, changing].map((provider) => provider.close()))
    })
  })

  test('is not disturbed by the drafts that a killed process left', async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'keyring.0011223344556677.draft'), 'half')
    const provider = createFileProvider(folder)
    await provider.prepare([kek])
    await provider.check()
    await provider.close()
  })

  test('says which file cannot be written, and why', async () => {
    await writeFile(join(folder, 'file'), '')
    const provider = createValueProvider(join(folder, 'file', 'keys'), randomBytes(32))
    await expect(provider.prepare([kek])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('ENOTDIR') as unknown,
    })
  })
})

function createFileProvider(folder: string): KeyProvider {
  const file = join(folder, 'master.key')
  return createKeyProvider({ provider: 'local', folder, masterKey: { file, generate: true } })
}

function createValueProvider(folder: string, value: Buffer | string): KeyProvider {
  return createKeyProvider({ provider: 'local', folder, masterKey: { value } })
}

async function readFiles(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).sort()
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  )
}

const destroyNewest = (folder: string): Promise<void> => rm(join(folder, 'PII-REVEAL-2.kek'))
