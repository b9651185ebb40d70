import { randomBytes, randomInt } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Kek, KeyOutcome, KeyProvider } from '../../src/crypto/key-provider.ts'

export interface KeyProviderSuite {
  /** Makes a provider over the same keys each time, as another process or a restart would. */
  create(): KeyProvider
  /** Makes a KEK in the service, where that is not for the provider to do. */
  createKek?(kek: Kek): Promise<void>
}

const reveal: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const mask: Kek = { keyType: 'PII', purpose: 'MASK' }
const other: Kek = { keyType: 'API_KEY', purpose: 'REVEAL' }
const context = Buffer.from('tenant-1/customer-7')

/** What every key provider must do, run on each of them. */
export function describeKeyProvider(name: string, suite: KeyProviderSuite): void {
  describe(`key provider ${name}`, () => {
    let provider: KeyProvider

    const createKeks = async (...keks: readonly Kek[]) => {
      for (const kek of keks) await suite.createKek?.(kek)
    }

    beforeAll(async () => {
      await createKeks(reveal, mask, other, { keyType: 'PII', purpose: 'INDEX' })
      provider = suite.create()
      await provider.prepare([reveal, mask, other])
    })

    afterAll(() => provider.close())

    test('gives back the key that was wrapped, for every key and context', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
          fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
          async (key, bound) => {
            const before = Buffer.from(key)
            const wrapped = await wrapOne(provider, reveal, bound, key)
            expect(key.equals(before)).toBe(true)
            expect(wrapped.includes(key)).toBe(false)
            expect(await unwrapOne(provider, reveal, bound, wrapped)).toEqual({ ok: true, bytes: key })
          },
        ),
        { numRuns: 40 },
      )
    })

    test('never wraps the same key to the same bytes', async () => {
      const key = randomBytes(32)
      const outcomes = await provider.wrap(reveal, [
        { context, key },
        { context, key },
      ])
      const [first, second] = outcomes.map(openedBytes)
      expect(first?.equals(second ?? Buffer.alloc(0))).toBe(false)
    })

    test('hands out each unwrapped key in memory of its own', async () => {
      const wrapped = await wrapOne(provider, reveal, context, randomBytes(32))
      const outcomes = await provider.unwrap(reveal, [
        { context, wrapped },
        { context, wrapped },
      ])
      const [first, second] = outcomes.map(openedBytes)
      expect(first?.buffer.byteLength).toBe(32)
      expect(second?.buffer.byteLength).toBe(32)
      first?.fill(0)
      expect(second?.equals(Buffer.alloc(32))).toBe(false)
    })

    test('refuses a wrapped key under another context', async () => {
      const wrapped = await wrapOne(provider, reveal, context, randomBytes(32))
      const another = Buffer.from('tenant-1/customer-8')
      expect(await unwrapOne(provider, reveal, another, wrapped)).toEqual({ ok: false, reason: 'INVALID' })
    })

    test.each([mask, other])('refuses a wrapped key under the KEK $keyType $purpose', async (kek) => {
      const wrapped = await wrapOne(provider, reveal, context, randomBytes(32))
      expect(await unwrapOne(provider, kek, context, wrapped)).toEqual({ ok: false, reason: 'INVALID' })
    })

    test('refuses a wrapped key with any bit flipped', async () => {
      const wrapped = await wrapOne(provider, reveal, context, randomBytes(32))
      const items = Array.from({ length: wrapped.length * 8 }, (_, bit) => {
        const flipped = Buffer.from(wrapped)
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        return { context, wrapped: flipped }
      })
      const outcomes = await provider.unwrap(reveal, items)
      expect(outcomes).toEqual(items.map(() => ({ ok: false, reason: 'INVALID' })))
    })

    test('refuses wrapped bytes of every other length and of no sense', async () => {
      const wrapped = await wrapOne(provider, reveal, context, randomBytes(32))
      const strange = [
        Buffer.alloc(0),
        Buffer.from('"'),
        Buffer.alloc(4096, 'A'),
        Buffer.concat([wrapped, Buffer.from([0])]),
        Buffer.concat([wrapped, Buffer.from('A')]),
        wrapped.subarray(0, wrapped.length - 1),
        wrapped.subarray(0, wrapped.length - 4),
        wrapped.subarray(1),
        randomBytes(wrapped.length),
      ]
      const outcomes = await provider.unwrap(
        reveal,
        strange.map((bytes) => ({ context, wrapped: bytes })),
      )
      expect(outcomes).toEqual(strange.map(() => ({ ok: false, reason: 'INVALID' })))
    })

    test('keeps order and length over 2,500 items, and lets only the bad ones fail', async () => {
      const items = Array.from({ length: 2500 }, (_, index) => ({
        context: Buffer.from(`subject-${index}`),
        key: randomBytes(32),
      }))
      const wrapped = (await provider.wrap(reveal, items)).map(openedBytes)
      const bad = new Set(Array.from({ length: 50 }, () => randomInt(items.length)))
      const outcomes = await provider.unwrap(
        reveal,
        items.map((item, index) => ({
          context: bad.has(index) ? context : item.context,
          wrapped: wrapped[index] ?? Buffer.alloc(0),
        })),
      )
      expect(outcomes).toEqual(
        items.map(({ key }, index) =>
          bad.has(index) ? { ok: false, reason: 'INVALID' } : { ok: true, bytes: key },
        ),
      )
    })

    test('answers an empty batch with nothing', async () => {
      expect(await provider.wrap(reveal, [])).toEqual([])
      expect(await provider.unwrap(reveal, [])).toEqual([])
    })

    test('shares its keys with another instance and after a restart', async () => {
      const key = randomBytes(32)
      const wrapped = await wrapOne(provider, reveal, context, key)
      const second = suite.create()
      await second.prepare([reveal])
      expect(await unwrapOne(second, reveal, context, wrapped)).toEqual({ ok: true, bytes: key })
      const back = await wrapOne(second, reveal, context, key)
      await second.close()
      expect(await unwrapOne(provider, reveal, context, back)).toEqual({ ok: true, bytes: key })
    })

    test('ends with the same keys when several instances make them at once', async () => {
      const fresh: Kek = { keyType: `RACE_${randomInt(2 ** 32)}`, purpose: 'INDEX' }
      await createKeks(fresh)
      const instances = Array.from({ length: 4 }, () => suite.create())
      await Promise.all(instances.map((instance) => instance.prepare([fresh])))
      const key = randomBytes(32)
      for (const wrapping of instances) {
        const wrapped = await wrapOne(wrapping, fresh, context, key)
        for (const unwrapping of instances) {
          expect(await unwrapOne(unwrapping, fresh, context, wrapped)).toEqual({ ok: true, bytes: key })
        }
      }
      await Promise.all(instances.map((instance) => instance.close()))
    })

    test('may be prepared again, and for more keys', async () => {
      const wrapped = await wrapOne(provider, reveal, context, randomBytes(32))
      await provider.prepare([reveal, mask, other, { keyType: 'PII', purpose: 'INDEX' }])
      expect(await unwrapOne(provider, reveal, context, wrapped)).toMatchObject({ ok: true })
      await wrapOne(provider, { keyType: 'PII', purpose: 'INDEX' }, context, randomBytes(32))
    })

    test('uses no KEK that was not prepared, and none after it was closed', async () => {
      const unprepared: Kek = { keyType: 'PIIX', purpose: 'REVEAL' }
      const item = { context, key: randomBytes(32) }
      await expect(provider.wrap(unprepared, [item])).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
      const second = suite.create()
      await expect(second.check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
      await expect(second.wrap(reveal, [item])).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
      await second.prepare([reveal])
      await second.check()
      await second.close()
      await second.close()
      await expect(second.wrap(reveal, [item])).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
      await expect(second.prepare([reveal])).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
      await expect(second.check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    })

    describe('versions of a KEK', () => {
      let kek: Kek
      let foreign: KeyProvider

      beforeEach(async () => {
        kek = { keyType: `VERSIONS_${randomInt(2 ** 32)}`, purpose: 'REVEAL' }
        await createKeks(kek)
        await provider.prepare([kek])
        foreign = suite.create()
        await foreign.prepare([kek])
      })

      afterEach(() => foreign.close())

      test('says what it can do', () => {
        expect(Object.keys(provider.capabilities).sort()).toEqual([
          'batch',
          'context',
          'serverRewrap',
          'versions',
        ])
      })

      test('begins with one version', async () => {
        const { newest, oldest, newestCreatedAt } = await provider.status(kek)
        expect({ newest, oldest }).toEqual({ newest: 1, oldest: 1 })
        if (newestCreatedAt !== undefined) {
          expect(Math.abs(Date.now() - newestCreatedAt.getTime())).toBeLessThan(60_000)
        }
      })

      test('wraps with a new version from its rotation on, in other processes too, and unwraps what older ones wrapped', async () => {
        const key = randomBytes(32)
        const first = await wrapOne(provider, kek, context, key)
        expect(await foreign.rotate(kek)).toMatchObject({ newest: 2, oldest: 1 })
        expect(await provider.status(kek)).toMatchObject({ newest: 2, oldest: 1 })
        for (const instance of [provider, foreign]) {
          const second = await wrapOne(instance, kek, context, key)
          expect([first, second].map((bytes) => instance.versionOf(bytes))).toEqual([1, 2])
          for (const wrapped of [first, second]) {
            expect(await unwrapOne(instance, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
          }
        }
      })

      test('unwraps what a version wrapped that another process has just made', async () => {
        await foreign.rotate(kek)
        const key = randomBytes(32)
        const wrapped = await wrapOne(foreign, kek, context, key)
        expect(await unwrapOne(provider, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
      })

      test('rewraps the same keys under the newest version, bound to the same contexts', async () => {
        const items = Array.from({ length: 1100 }, (_, index) => ({
          context: Buffer.from(`subject-${index}`),
          key: randomBytes(32),
        }))
        const first = (await provider.wrap(kek, items)).map(openedBytes)
        await provider.rotate(kek)
        const bind = (wrapped: readonly Buffer[]) =>
          items.map(({ context: bound }, index) => ({
            context: bound,
            wrapped: wrapped[index] ?? Buffer.alloc(0),
          }))
        const second = (await provider.rewrap(kek, bind(first))).map(openedBytes)
        expect(new Set(second.map((bytes) => provider.versionOf(bytes)))).toEqual(new Set([2]))
        expect(await provider.unwrap(kek, bind(second))).toEqual(
          items.map(({ key }) => ({ ok: true, bytes: key })),
        )
        expect(await unwrapOne(provider, kek, Buffer.from('another'), second[0] ?? Buffer.alloc(0))).toEqual({
          ok: false,
          reason: 'INVALID',
        })
      })

      test('lets only the bad items of a rewrap fail', async () => {
        const key = randomBytes(32)
        const wrapped = await wrapOne(provider, kek, context, key)
        await provider.rotate(kek)
        const flipped = Buffer.from(wrapped)
        flipped.writeUInt8(flipped.readUInt8(wrapped.length - 3) ^ 1, wrapped.length - 3)
        const bad = [
          { context: Buffer.from('another'), wrapped },
          { context, wrapped: flipped },
          { context, wrapped: randomBytes(wrapped.length) },
          { context, wrapped: Buffer.alloc(0) },
          { context, wrapped: await wrapOne(provider, reveal, context, key) },
        ]
        const outcomes = await provider.rewrap(kek, [...bad, { context, wrapped }])
        expect(outcomes.slice(0, -1)).toEqual(bad.map(() => ({ ok: false, reason: 'INVALID' })))
        expect(await unwrapOne(provider, kek, context, openedBytes(outcomes.at(-1)))).toEqual({
          ok: true,
          bytes: key,
        })
        expect(await provider.rewrap(kek, [])).toEqual([])
      })

      test('tells the version of its own bytes alone', async () => {
        const wrapped = await wrapOne(provider, kek, context, randomBytes(32))
        expect(provider.versionOf(wrapped)).toBe(1)
        for (const strange of [
          Buffer.alloc(0),
          Buffer.alloc(wrapped.length),
          wrapped.subarray(1),
          Buffer.concat([wrapped, Buffer.from('A')]),
          Buffer.alloc(4096, 'A'),
        ]) {
          expect(provider.versionOf(strange)).toBeUndefined()
        }
      })

      test('destroys the versions below the oldest, for every process and for ever', async () => {
        const key = randomBytes(32)
        const first = await wrapOne(provider, kek, context, key)
        await provider.rotate(kek)
        const second = await wrapOne(provider, kek, context, key)
        await provider.rotate(kek)
        const third = await wrapOne(provider, kek, context, key)
        await expect(provider.trim(kek, 4)).rejects.toThrow(TypeError)
        await expect(provider.trim(kek, 0)).rejects.toThrow(TypeError)
        for (const oldest of [2, 3, 3, 2]) await provider.trim(kek, oldest)
        const restarted = suite.create()
        await restarted.prepare([kek])
        for (const instance of [provider, foreign, restarted]) {
          expect(await instance.status(kek)).toMatchObject({ newest: 3, oldest: 3 })
          for (const wrapped of [first, second]) {
            expect(await unwrapOne(instance, kek, context, wrapped)).toMatchObject({ ok: false })
            expect(await instance.rewrap(kek, [{ context, wrapped }])).toMatchObject([{ ok: false }])
          }
          expect(await unwrapOne(instance, kek, context, third)).toEqual({ ok: true, bytes: key })
          expect(provider.versionOf(await wrapOne(instance, kek, context, key))).toBe(3)
        }
        await restarted.close()
      })

      test('leaves every key openable when several processes rotate at once', async () => {
        const key = randomBytes(32)
        const first = await wrapOne(provider, kek, context, key)
        await Promise.all([provider.rotate(kek), foreign.rotate(kek)])
        const { newest } = await provider.status(kek)
        for (const instance of [provider, foreign]) {
          expect(await unwrapOne(instance, kek, context, first)).toEqual({ ok: true, bytes: key })
          const wrapped = await wrapOne(instance, kek, context, key)
          expect(instance.versionOf(wrapped)).toBe(newest)
          for (const other of [provider, foreign]) {
            expect(await unwrapOne(other, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
          }
        }
      })

      test('does nothing with a KEK that was not prepared', async () => {
        const unprepared: Kek = { keyType: 'PIIX', purpose: 'REVEAL' }
        const wrapped = await wrapOne(provider, kek, context, randomBytes(32))
        for (const call of [
          () => provider.rotate(unprepared),
          () => provider.rewrap(unprepared, [{ context, wrapped }]),
          () => provider.status(unprepared),
          () => provider.trim(unprepared, 1),
        ]) {
          await expect(call()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
        }
      })
    })

    test('refuses keys of another length and empty contexts from its caller', async () => {
      await expect(provider.wrap(reveal, [{ context, key: randomBytes(31) }])).rejects.toThrow(TypeError)
      await expect(
        provider.wrap(reveal, [{ context: Buffer.alloc(0), key: randomBytes(32) }]),
      ).rejects.toThrow(TypeError)
      await expect(
        provider.unwrap(reveal, [{ context: Buffer.alloc(0), wrapped: randomBytes(32) }]),
      ).rejects.toThrow(TypeError)
    })

    test('shows nothing but its name when it is printed', () => {
      expect(inspect(provider, { depth: 9, showHidden: false })).toMatch(
        /^\w+ \{\s+name: '[\w-]+',\s+capabilities: \{[\w\s:,]+\}\s+\}$/,
      )
      expect(JSON.stringify(provider)).toBe(
        JSON.stringify({ name: provider.name, capabilities: provider.capabilities }),
      )
    })
  })
}

/** Wraps one key and answers its wrapped bytes. */
export async function wrapOne(provider: KeyProvider, kek: Kek, bound: Buffer, key: Buffer): Promise<Buffer> {
  const outcomes = await provider.wrap(kek, [{ context: bound, key }])
  expect(outcomes).toHaveLength(1)
  return openedBytes(outcomes[0])
}

/** Unwraps one key and answers its outcome. */
export async function unwrapOne(
  provider: KeyProvider,
  kek: Kek,
  bound: Buffer,
  wrapped: Buffer,
): Promise<KeyOutcome | undefined> {
  const outcomes = await provider.unwrap(kek, [{ context: bound, wrapped }])
  expect(outcomes).toHaveLength(1)
  return outcomes[0]
}

function openedBytes(outcome: KeyOutcome | undefined): Buffer {
  if (outcome?.ok !== true) throw new Error('expected an outcome with bytes')
  return outcome.bytes
}
