import { randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Kek, KeyOutcome, KeyProvider, UnwrapItem } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import type { VaultOptions } from '../../../src/kms/index.ts'
import { FakeVault, answerBatch } from '../../support/fake-vault.ts'
import type { BatchHandler, BatchItem } from '../../support/fake-vault.ts'

const kek: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const context = Buffer.from('tenant-1/customer-7')
const key = randomBytes(32)
const item: UnwrapItem = { context, wrapped: Buffer.from(`vault:v1:${randomBytes(60).toString('base64')}`) }
const unavailable = { code: 'KEY_UNAVAILABLE' }

describe('vault provider, whatever it is answered', () => {
  let fake: FakeVault
  const opened: KeyProvider[] = []

  beforeEach(async () => {
    fake = await FakeVault.start()
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((provider) => provider.close()))
    await fake.close()
  })

  async function prepareProvider(options: Partial<VaultOptions> = {}): Promise<KeyProvider> {
    const provider = createKeyProvider({
      provider: 'vault',
      address: fake.address,
      auth: { method: 'token', token: 'hvs.secret-token' },
      ...options,
    })
    opened.push(provider)
    await provider.prepare([kek])
    return provider
  }

  /** Unwraps under the handler, and sees to it that a failure names neither key, context nor token. */
  async function unwrapUnder(
    handler: BatchHandler,
    { count = 1, ...options }: Partial<VaultOptions> & { readonly count?: number } = {},
  ): Promise<KeyOutcome[]> {
    const provider = await prepareProvider(options)
    fake.handler = handler
    try {
      return await provider.unwrap(
        kek,
        Array.from({ length: count }, () => item),
      )
    } catch (error) {
      const printed = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)
      for (const secret of [key, context, item.wrapped]) {
        for (const encoding of ['base64', 'hex', 'latin1'] as const) {
          expect(printed).not.toContain(secret.toString(encoding))
        }
      }
      expect(printed).not.toContain('hvs.secret-token')
      throw error
    }
  }

  test('reads the keys of an orderly answer', async () => {
    const outcomes = await unwrapUnder((items, response) => response.end(answerBatch(items.map(opened32))), {
      count: 3,
    })
    expect(outcomes).toEqual([0, 1, 2].map(() => ({ ok: true, bytes: key })))
    expect(fake.attempts).toBe(1)
  })

  const first = (results: readonly object[]) => answerBatch(results)
  const good = opened32({ reference: '0' })
  const spoiled: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['no results', '{"data":{}}'],
    ['null results', '{"data":{"batch_results":null}}'],
    ['too few results', first([])],
    ['too many results', first([good, { ...good, reference: '1' }])],
    ['another order', first([{ ...good, reference: '1' }])],
    ['no reference', first([{ plaintext: good.plaintext }])],
    ['neither key nor error', first([{ reference: '0' }])],
    ['an empty key', first([{ reference: '0', plaintext: '' }])],
    ['a key that is a number', first([{ reference: '0', plaintext: 7 }])],
    ['a key that is null', first([{ reference: '0', plaintext: null }])],
    ['a short key', first([{ reference: '0', plaintext: key.subarray(1).toString('base64') }])],
    ['a long key', first([{ reference: '0', plaintext: randomBytes(33).toString('base64') }])],
    ['an unpadded key', first([{ reference: '0', plaintext: key.toString('base64').slice(0, -1) }])],
    [
      'a key in base64url',
      first([{ reference: '0', plaintext: Buffer.alloc(32, 0xff).toString('base64url') }]),
    ],
    ['a key with loose bits', first([{ reference: '0', plaintext: `${'A'.repeat(42)}B=` }])],
    ['a key in escapes', first([good]).replace('"plaintext":"', '"plaintext":"\\u0041')],
    ['two keys in one result', first([good]).replace('"plaintext"', '"plaintext":"x","plaintext"')],
    ['results twice', first([good]).replace('"data":{', '"data":{"batch_results":[],')],
    ['more behind the end', `${first([good])}{}`],
    ['an open end', first([good]).slice(0, -1)],
    ['a cut inside a key', first([good]).slice(0, 90)],
    ['a trailing comma', first([good]).replace('}]', '},]')],
    ['a control character in a string', first([{ ...good, note: 'x' }]).replace('"x"', '"\n"')],
    ['deep nesting', first([good]).replace('null', '['.repeat(50_000))],
    ['a page', '<html>Vault is fine</html>'],
  ]

  test.each(spoiled)('takes %s for no answer', async (_, body) => {
    await expect(unwrapUnder((__, response) => response.end(body))).rejects.toMatchObject(unavailable)
  })

  test('takes an answer cut short by the connection for none, at any byte', async () => {
    const whole = first([good])
    for (const length of [0, 1, 40, 75, whole.length - 1]) {
      await expect(
        unwrapUnder((_, response) => {
          response.writeHead(200, { 'content-length': whole.length })
          response.write(whole.slice(0, length), () => response.destroy())
        }),
      ).rejects.toMatchObject(unavailable)
    }
  })

  test('lets an unknown error of one item be unavailable, and a failed authentication invalid', async () => {
    const errors = [
      'cipher: message authentication failed',
      'invalid ciphertext: no prefix',
      'internal "error"',
      'xcipher',
    ]
    const outcomes = await unwrapUnder(
      (_, response) =>
        response.end(
          first(errors.map((error, index) => ({ plaintext: '', error, reference: String(index) }))),
        ),
      { count: errors.length },
    )
    expect(outcomes.map((outcome) => !outcome.ok && outcome.reason)).toEqual([
      'INVALID',
      'INVALID',
      'UNAVAILABLE',
      'UNAVAILABLE',
    ])
  })

  test('believes the error of an item that also has a key', async () => {
    const outcomes = await unwrapUnder((_, response) => response.end(first([{ ...good, error: 'anything' }])))
    expect(outcomes).toEqual([{ ok: false, reason: 'UNAVAILABLE' }])
  })

  test.each([301, 307, 403, 404, 405, 418])('asks once, and is unavailable, at status %d', async (status) => {
    const headers = { location: `${fake.address}/elsewhere` }
    await expect(
      unwrapUnder((_, response) => response.writeHead(status, headers).end(first([good]))),
    ).rejects.toMatchObject(unavailable)
    expect(fake.attempts).toBe(1)
  })

  test.each([429, 500, 502, 503])('asks twice, and is unavailable, at status %d', async (status) => {
    await expect(
      unwrapUnder((_, response) => response.writeHead(status).end(first([good]))),
    ).rejects.toMatchObject({
      ...unavailable,
      message: `Vault answered ${status} to decrypt with sealgate-pii-reveal.`,
    })
    expect(fake.attempts).toBe(2)
  })

  test.each([
    ['is told to wait', (response: Parameters<BatchHandler>[1]) => response.writeHead(429).end()],
    [
      'meets an error of the server',
      (response: Parameters<BatchHandler>[1]) => response.writeHead(500).end(),
    ],
    ['loses the connection', (response: Parameters<BatchHandler>[1]) => response.destroy()],
  ])('succeeds at the second try when it %s', async (_, spoil) => {
    const outcomes = await unwrapUnder((items, response, attempt) => {
      if (attempt === 1) spoil(response)
      else response.end(first(items.map(opened32)))
    })
    expect(outcomes).toEqual([{ ok: true, bytes: key }])
  })

  test('gives up a connection that is lost twice', async () => {
    await expect(unwrapUnder((_, response) => response.destroy())).rejects.toMatchObject(unavailable)
    expect(fake.attempts).toBe(2)
  })

  test.each([
    ['says nothing', () => undefined],
    [
      'says nothing but its head',
      (response: Parameters<BatchHandler>[1]) => {
        response.writeHead(200).flushHeaders()
      },
    ],
    [
      'goes on and on',
      (response: Parameters<BatchHandler>[1]) => {
        const drip = setInterval(() => response.write(' '), 20)
        response.on('close', () => {
          clearInterval(drip)
        })
      },
    ],
  ])('waits no longer than its time for a Vault that %s', async (_, stall) => {
    await expect(
      unwrapUnder(
        (__, response) => {
          stall(response)
        },
        { timeoutMs: 300 },
      ),
    ).rejects.toMatchObject({ ...unavailable, message: 'Vault did not answer: it took too long.' })
    expect(fake.attempts).toBe(1)
  })

  test('reads no more of an answer than the batch can need', async () => {
    let written = 0
    await expect(
      unwrapUnder((_, response) => {
        const megabyte = Buffer.alloc(2 ** 20, ' ')
        const go = (): void => {
          if (response.destroyed || written > 200) return
          written += 1
          if (response.write(megabyte)) setImmediate(go)
          else response.once('drain', go)
        }
        go()
      }),
    ).rejects.toMatchObject({ ...unavailable, message: 'Vault did not answer: its answer is too long.' })
    expect(written).toBeLessThan(50)
  })

  test('loses only the items of a batch that failed, when others did not', async () => {
    const outcomes = await unwrapUnder(
      (items, response) => {
        if (items.length === 1_000) response.end(first(items.map(opened32)))
        else response.writeHead(503).end()
      },
      { count: 2_500 },
    )
    expect(outcomes.slice(0, 2_000).every((outcome) => outcome.ok && outcome.bytes.equals(key))).toBe(true)
    expect(outcomes.slice(2_000)).toEqual(
      Array.from({ length: 500 }, () => ({ ok: false, reason: 'UNAVAILABLE' })),
    )
  })

  test('refuses to keep as wrapped what has not the form of it', async () => {
    const provider = await prepareProvider()
    const form = item.wrapped.toString()
    for (const ciphertext of [
      key.toString('base64'),
      form.slice(1),
      `${form}A`,
      form.replace('v1', 'v0'),
      '',
    ]) {
      fake.handler = (_, response) => response.end(first([{ reference: '0', ciphertext }]))
      await expect(provider.wrap(kek, [{ context, key }])).rejects.toMatchObject(unavailable)
    }
  })

  test.each([
    ['an orderly answer', (response: Parameters<BatchHandler>[1]) => response.end(first([good]))],
    ['a spoiled one', (response: Parameters<BatchHandler>[1]) => response.end(first([good]).slice(0, -1))],
    [
      'two that are errors',
      (response: Parameters<BatchHandler>[1]) => response.writeHead(500).end(first([good])),
    ],
    [
      'one cut short',
      (response: Parameters<BatchHandler>[1]) => response.write(first([good]), () => response.destroy()),
    ],
  ])('zeroes the bytes that it sent and received, after %s', async (_, answer) => {
    const provider = await prepareProvider()
    fake.handler = (__, response) => {
      answer(response)
    }
    const seen: Uint8Array[] = []
    const see = (message: unknown): void => {
      const { chunk } = message as { readonly chunk: Uint8Array }
      expect(Buffer.from(chunk).equals(Buffer.alloc(chunk.length))).toBe(false)
      seen.push(chunk)
    }
    const channels = ['bodyChunkSent', 'bodyChunkReceived'].map((name) => `undici:request:${name}`)
    for (const channel of channels) subscribe(channel, see)
    await provider.wrap(kek, [{ context, key }]).catch(() => undefined)
    await provider
      .unwrap(kek, [item])
      .then((outcomes) => {
        expect(outcomes).toEqual([{ ok: true, bytes: key }])
      })
      .catch((error: unknown) => {
        expect(error).toMatchObject(unavailable)
      })
    for (const channel of channels) unsubscribe(channel, see)
    expect(seen.length).toBeGreaterThan(3)
    for (const chunk of seen) expect(Buffer.from(chunk).equals(Buffer.alloc(chunk.length))).toBe(true)
  })

  test('sends token, namespace and nothing of the environment', async () => {
    await unwrapUnder((items, response) => response.end(first(items.map(opened32))), { namespace: 'team-a' })
    expect(fake.lastHeaders).toMatchObject({
      'x-vault-token': 'hvs.secret-token',
      'x-vault-namespace': 'team-a',
      'x-vault-request': 'true',
    })
  })
})

describe('vault options', () => {
  const valid: VaultOptions = {
    provider: 'vault',
    address: 'https://vault.example:8200',
    auth: { method: 'token', token: 't' },
  }

  test('are accepted when they are whole', () => {
    expect(createKeyProvider(valid).name).toBe('vault')
    expect(createKeyProvider({ ...valid, address: 'http://127.0.0.1:8200/' }).name).toBe('vault')
    expect(createKeyProvider({ ...valid, address: 'http://vault:8200', allowPlainHttp: true }).name).toBe(
      'vault',
    )
  })

  test.each<[string, Partial<VaultOptions>]>([
    ['address', { address: 'vault:8200' }],
    ['address', { address: 'http://vault:8200' }],
    ['address', { address: 'http://127.0.0.1.evil.example:8200' }],
    ['address', { address: 'https://vault.example/v1' }],
    ['address', { address: 'https://user:password@vault.example' }],
    ['mountPath', { mountPath: '../sys' }],
    ['mountPath', { mountPath: '' }],
    ['keyPrefix', { keyPrefix: 'a-b' }],
    ['keyPrefix', { keyPrefix: '' }],
    ['namespace', { namespace: 'a\r\nb' }],
    ['timeoutMs', { timeoutMs: Number.NaN }],
    ['auth.mountPath', { auth: { method: 'approle', roleId: 'r', secretId: 's', mountPath: 'a?b' } }],
  ])('are refused for their %s: %j', (name, options) => {
    expect(() => createKeyProvider({ ...valid, ...options })).toThrow(`Vault option ${name} `)
  })
})

function opened32({ reference }: Pick<BatchItem, 'reference'>) {
  return { plaintext: key.toString('base64'), reference }
}
