import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'

import type { IntermediateKey, IntermediateKeyStore } from '../../src/crypto/intermediate-key-store.ts'
import type { Kek, KeyProvider } from '../../src/crypto/key-provider.ts'
import { GatewayError } from '../../src/errors.ts'
import type { Fault } from '../support/faulty-proxy.ts'
import { openIntermediateKeys, type TestIntermediateKeys } from '../support/intermediate-key-stores.ts'
import { describeKeyProvider } from './key-provider.suite.ts'

export interface KeyServiceSuite {
  /** Makes a provider that gives up after about a second. */
  create(store: IntermediateKeyStore): KeyProvider
  createKek(kek: Kek): Promise<void>
  /** How many requests reached the service so far. */
  requests(): number
  setFault(fault: Fault): void
}

const context = Buffer.from('subject-7')
const unavailable = { code: 'KEY_UNAVAILABLE' }
const invalid = { ok: false, reason: 'INVALID' }

/** What every provider over a key service with intermediate keys must do, beside what every provider must. */
export function describeKeyService(name: string, suite: KeyServiceSuite): void {
  let keys: TestIntermediateKeys
  let count = 0

  beforeAll(async () => {
    keys = await openIntermediateKeys()
  })

  afterAll(() => keys.close())

  describeKeyProvider(name, {
    create: () => suite.create(keys.store),
    createKek: (kek) => suite.createKek(kek),
  })

  describe(`key service ${name}`, () => {
    const opened: KeyProvider[] = []
    let kek: Kek
    let mask: Kek
    let provider: KeyProvider

    async function open(store: IntermediateKeyStore = keys.store): Promise<KeyProvider> {
      const created = suite.create(store)
      opened.push(created)
      await created.prepare([kek, mask])
      return created
    }

    const item = (tenant: string, key = randomBytes(32)) => ({ tenant, context, key })

    async function wrap(by: KeyProvider, tenant: string, key = randomBytes(32)): Promise<Buffer> {
      const [outcome] = await by.wrap(kek, [item(tenant, key)])
      if (outcome?.ok !== true) throw new Error('not wrapped')
      return outcome.bytes
    }

    async function requestsOf(work: () => Promise<unknown>): Promise<number> {
      const before = suite.requests()
      await work()
      return suite.requests() - before
    }

    beforeEach(async () => {
      count += 1
      kek = { keyType: `SERVICE_${count}`, purpose: 'REVEAL' }
      mask = { keyType: `SERVICE_${count}`, purpose: 'MASK' }
      await suite.createKek(kek)
      await suite.createKek(mask)
      provider = await open()
    })

    afterEach(async () => {
      suite.setFault('none')
      await Promise.all(opened.splice(0).map((one) => one.close()))
    })

    test('declares that it has no batches', () => {
      expect(provider.capabilities).toMatchObject({ batch: false, serverRewrap: false, versions: true })
    })

    test('unwraps the keys of a hundred subjects by one request, and by none once it has', async () => {
      const items = Array.from({ length: 100 }, (_, index) => ({
        tenant: 'acme',
        context: Buffer.from(`subject-${index}`),
        key: randomBytes(32),
      }))
      const wrapped = (await provider.wrap(kek, items)).map((outcome) => {
        if (!outcome.ok) throw new Error('not wrapped')
        return outcome.bytes
      })
      const unwrapping = items.map(({ tenant, context: bound }, index) => ({
        tenant,
        context: bound,
        wrapped: wrapped[index] ?? Buffer.alloc(0),
      }))
      const cold = await open()
      const unwrap = async () => {
        const outcomes = await cold.unwrap(kek, unwrapping)
        expect(outcomes).toEqual(items.map(({ key }) => ({ ok: true, bytes: key })))
      }
      expect(await requestsOf(unwrap)).toBe(1)
      expect(await requestsOf(unwrap)).toBe(0)
      const again = await open()
      const many = () => Promise.all(unwrapping.map((one) => again.unwrap(kek, [one])))
      expect(await requestsOf(many)).toBe(1)
    })

    test('keeps one key for each tenant, and opens none of them for another', async () => {
      const wrapped = await wrap(provider, 'acme')
      await wrap(provider, 'globex')
      expect(
        (await keys.store.find(kek, ['', 'acme', 'globex', 'none'])).map(({ tenant }) => tenant).sort(),
      ).toEqual(['', 'acme', 'globex'])
      for (const tenant of ['globex', 'none']) {
        expect(await provider.unwrap(kek, [{ tenant, context, wrapped }])).toEqual([invalid])
      }
      expect(await provider.unwrap(kek, [{ context, wrapped }])).toEqual([invalid])
      expect(await provider.unwrap(mask, [{ tenant: 'acme', context, wrapped }])).toEqual([invalid])
    })

    test('opens no stored intermediate key in the place of another, and fails only the items under it', async () => {
      const key = randomBytes(32)
      const wrapped = { acme: await wrap(provider, 'acme', key), globex: await wrap(provider, 'globex', key) }
      await provider.wrap(mask, [item('acme')])
      const unwrapping = (['acme', 'globex'] as const).map((tenant) => ({
        tenant,
        context,
        wrapped: wrapped[tenant],
      }))
      const [ofMask] = await keys.store.find(mask, ['acme'])
      const swaps: ((rows: readonly IntermediateKey[]) => Partial<IntermediateKey> | undefined)[] = [
        (rows) => pickBytes(rows.find(({ tenant }) => tenant === 'globex')),
        (rows) => pickBytes(rows.find(({ tenant }) => tenant === '')),
        () => pickBytes(ofMask),
        () => ({ keyId: randomBytes(32) }),
        (rows) => ({ wrapped: flipBit(rows.find(({ tenant }) => tenant === 'acme')?.wrapped) }),
        () => ({ wrapped: Buffer.alloc(0) }),
        () => ({ wrapped: randomBytes(200) }),
      ]
      for (const swap of swaps) {
        const tampered = await open({
          ...keys.store,
          find: async (of, tenants) => {
            const rows = await keys.store.find(of, tenants)
            return rows.map((row) => (row.tenant === 'acme' ? { ...row, ...swap(rows) } : row))
          },
        })
        expect(await tampered.unwrap(kek, unwrapping)).toEqual([invalid, { ok: true, bytes: key }])
      }
    })

    test('takes the key that was stored first when several make one at once', async () => {
      const instances = await Promise.all(Array.from({ length: 4 }, () => open()))
      const key = randomBytes(32)
      const wrapped = await Promise.all(instances.map((instance) => wrap(instance, 'new', key)))
      expect(await keys.store.find(kek, ['new'])).toHaveLength(1)
      for (const instance of instances) {
        const outcomes = await instance.unwrap(
          kek,
          wrapped.map((bytes) => ({ tenant: 'new', context, wrapped: bytes })),
        )
        expect(outcomes).toEqual(wrapped.map(() => ({ ok: true, bytes: key })))
      }
    })

    test('wraps nothing under a key that could not be stored', async () => {
      const lost = new GatewayError('SERVICE_UNAVAILABLE')
      const broken = await open({ ...keys.store, insert: () => Promise.reject(lost) })
      await expect(broken.wrap(kek, [item('acme')])).rejects.toMatchObject(unavailable)
      const unread = await open({ ...keys.store, find: () => Promise.reject(lost) })
      await expect(unread.wrap(kek, [item('acme')])).rejects.toMatchObject(unavailable)
      expect(await keys.store.find(kek, ['acme'])).toEqual([])
    })

    test('a rotation gives every tenant a new key, to which a rewrap moves its data keys', async () => {
      const key = randomBytes(32)
      const first = await wrap(provider, 'acme', key)
      await provider.rotate(kek)
      const [rewrapped] = await provider.rewrap(kek, [{ tenant: 'acme', context, wrapped: first }])
      if (rewrapped?.ok !== true) throw new Error('not rewrapped')
      expect(provider.versionOf(rewrapped.bytes)).toBe(2)
      const versions = (await keys.store.find(kek, ['acme'])).map(({ version }) => version)
      expect(versions.sort()).toEqual([1, 2])
      await provider.trim(kek, 2)
      expect((await keys.store.find(kek, ['acme', ''])).map(({ version }) => version)).toEqual([2, 2])
      expect(
        await provider.unwrap(kek, [
          { tenant: 'acme', context, wrapped: first },
          { tenant: 'acme', context, wrapped: rewrapped.bytes },
        ]),
      ).toEqual([invalid, { ok: true, bytes: key }])
    })

    test('repeats a request whose connection broke', async () => {
      const wrapped = await wrap(provider, 'acme')
      const cold = await open()
      suite.setFault('drop once')
      expect(await cold.unwrap(kek, [{ tenant: 'acme', context, wrapped }])).toMatchObject([{ ok: true }])
    })

    test.each(['hang', 'error', 'drop'] as const)(
      'is unavailable, not invalid, while the service does %s, and serves what it has in memory',
      async (fault) => {
        const wrapped = await wrap(provider, 'acme')
        const cold = await open()
        suite.setFault(fault)
        const unwrapping = [{ tenant: 'acme', context, wrapped }]
        await expect(cold.unwrap(kek, unwrapping)).rejects.toMatchObject(unavailable)
        await expect(cold.wrap(kek, [item('new')])).rejects.toMatchObject(unavailable)
        await expect(cold.check()).rejects.toMatchObject(unavailable)
        await expect(cold.prepare([mask])).rejects.toMatchObject(unavailable)
        expect(await provider.unwrap(kek, unwrapping)).toMatchObject([{ ok: true }])
        suite.setFault('none')
        expect(await cold.unwrap(kek, unwrapping)).toMatchObject([{ ok: true }])
      },
      20_000,
    )

    test('names the missing key, and how it is made', async () => {
      const missing: Kek = { keyType: `MISSING_${count}`, purpose: 'INDEX' }
      await expect(provider.prepare([missing])).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining(`sealgate-missing-${count}-index`) as unknown,
      })
    })

    test('puts no key into an error', async () => {
      const key = randomBytes(32)
      const cold = await open()
      suite.setFault('error')
      const error: unknown = await cold.wrap(kek, [item('acme', key)]).catch((thrown: unknown) => thrown)
      const shown = inspect(error, { depth: 9, showHidden: true })
      for (const encoding of ['hex', 'base64'] as const) expect(shown).not.toContain(key.toString(encoding))
      expect(Object.keys(error as object)).toEqual(['code', 'coordinate', 'inputPath'])
    })
  })
}

function pickBytes(row: IntermediateKey | undefined): Partial<IntermediateKey> | undefined {
  return row === undefined ? undefined : { keyId: row.keyId, wrapped: row.wrapped }
}

function flipBit(bytes: Buffer | undefined): Buffer {
  const flipped = Buffer.from(bytes ?? [])
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 20) ^ 1, flipped.length - 20)
  return flipped
}
