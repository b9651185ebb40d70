import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import NodeVault from 'node-vault'

import { DataKey } from '../src/crypto/data-key.ts'
import type { Kek, KeyProvider } from '../src/crypto/key-provider.ts'
import { KeyPolicies } from '../src/crypto/key-policy.ts'
import type { KeyRow, KeyStore } from '../src/crypto/key-store.ts'
import { createKeyTuple, holderId, wrapContext } from '../src/crypto/key-tuple.ts'
import { startEmbeddedMongodb } from '../src/embedded-mongodb/index.ts'
import { createKeyProvider } from '../src/kms/index.ts'
import type { JobKind, JobParameters } from '../src/rotation/job.ts'
import type { JobTools } from '../src/rotation/job-handler.ts'
import { revokeKeys } from '../src/rotation/revoke-keys.ts'
import { runJob } from '../src/rotation/run-job.ts'
import { startJob } from '../src/rotation/start-job.ts'
import { connectStorage, type Storage } from '../src/storage/connect-storage.ts'
import { openPeopleGateway } from './people/open-gateway.ts'
import { printTable, progress } from './report.ts'

const kek: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const pageSize = 1_000

/** How many keys the largest run has: SEALGATE_BENCH_KEYS, 100,000 when absent; the goal speaks of 1,000,000. */
const largest = Number(process.env.SEALGATE_BENCH_KEYS ?? 100_000)

/** Key jobs on the embedded database: rewrap by size, rewrap beside bare calls of node-vault, re-encrypt. */
export async function benchRotation(): Promise<void> {
  await benchSizes()
  await benchVault()
  await benchReencrypt()
}

interface JobBench {
  readonly keyStore: KeyStore
  readonly storage: Storage
  readonly close: () => Promise<void>
}

async function openStorage(): Promise<JobBench> {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
  const database = await startEmbeddedMongodb({ folder: join(folder, 'database') })
  const none = { models: new Map(), embedded: new Map() }
  const names = { database: 'bench', keysDatabase: 'bench_keys' }
  const storage = await connectStorage(none, { uri: database.uri, ...names })
  const close = async (): Promise<void> => {
    await storage.close()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { keyStore: storage.keyStore, storage, close }
}

const run = async <Kind extends JobKind>(
  { jobStore }: Storage,
  tools: JobTools,
  kind: Kind,
  parameters: JobParameters[Kind],
): Promise<{ readonly seconds: number; readonly peakMiB: number }> => {
  const id = await startJob(jobStore, kind, parameters, 'bench')
  let peak = 0
  const sample = (): void => {
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    peak = Math.max(peak, heapUsed + arrayBuffers)
  }
  const timer = setInterval(sample, 50)
  const begun = performance.now()
  const { state, failure } = await runJob(id, { store: jobStore, tools, onProgress: sample })
  clearInterval(timer)
  if (state !== 'done') throw new Error(failure)
  return { seconds: (performance.now() - begun) / 1_000, peakMiB: peak / 2 ** 20 }
}

/** Rows with one data key each, as many subjects make them. */
async function fill(keyStore: KeyStore, provider: KeyProvider, count: number, prefix: string): Promise<void> {
  for (let at = 0; at < count; at += pageSize) {
    const made = Array.from({ length: Math.min(pageSize, count - at) }, (_, index) => {
      const holder = { tenant: 'bench', scope: 'SUBJECT', scopeId: `${prefix}-${at + index}` } as const
      return { holder, key: DataKey.create(), tuple: createKeyTuple(holder, kek.keyType, kek.purpose) }
    })
    const items = made.map(({ tuple, key }) => ({ context: wrapContext(tuple), key: key.rootForWrapping() }))
    const outcomes = await provider.wrap(kek, items)
    const rows = made.map(({ holder, key }, index): KeyRow => {
      const outcome = outcomes[index]
      if (outcome?.ok !== true) throw new Error('not wrapped')
      const slot = {
        ...kek,
        generation: 1,
        keyId: key.keyId,
        state: 'enabled',
        createdAt: new Date(),
      } as const
      key.release()
      return { id: holderId(holder), holder, keys: [{ ...slot, wrapped: outcome.bytes }] }
    })
    await keyStore.insertMissing(rows)
    progress(`rotation: ${at + made.length} of ${count} keys made`)
  }
}

async function benchSizes(): Promise<void> {
  const rows: Record<string, string | number>[] = []
  const sizes = [10_000, 100_000, 1_000_000].filter((size) => size <= largest)
  for (const size of sizes) {
    const { keyStore, storage, close } = await openStorage()
    const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-keys-'))
    const masterKey = { value: randomBytes(32) }
    const provider = createKeyProvider({ provider: 'local', folder, masterKey })
    await provider.prepare([kek])
    await fill(keyStore, provider, size, 'local')
    await provider.rotate(kek)
    progress(`rotation: rewrapping ${size} keys`)
    const tools = { keyStore, provider, policies: KeyPolicies.read(), audit: undefined, collections: [] }
    const { seconds, peakMiB } = await run(storage, tools, 'rewrap', { keks: [kek] })
    rows.push({
      'data keys, local': size,
      seconds: seconds.toFixed(1),
      'keys a minute': Math.round((size / seconds) * 60),
      goal: 100_000,
      'peak heap and buffers, MiB': peakMiB.toFixed(0),
    })
    await provider.close()
    await close()
    rmSync(folder, { recursive: true, force: true })
  }
  printTable(
    'Rewrap, with the verification of each key and the scan that proves it, on the embedded database',
    rows,
  )
}

const vaultKeys = 20_000

async function benchVault(): Promise<void> {
  const { SEALGATE_TEST_VAULT_ADDR: address, SEALGATE_TEST_VAULT_TOKEN: token } = process.env
  if (address === undefined || token === undefined) {
    progress('rotation: no SEALGATE_TEST_VAULT_ADDR and _TOKEN, so no comparison on Vault')
    return
  }
  const mountPath = `bench-${randomBytes(4).toString('hex')}`
  const provider = createKeyProvider({
    provider: 'vault',
    address,
    auth: { method: 'token', token },
    mountPath,
  })
  await provider.prepare([kek])
  const { keyStore, storage, close } = await openStorage()
  await fill(keyStore, provider, vaultKeys, 'vault')
  const tools = { keyStore, provider, policies: KeyPolicies.read(), audit: undefined, collections: [] }
  const path = `${mountPath}/rewrap/sealgate-pii-reveal`
  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round < 3; round += 1) {
    await provider.rotate(kek)
    progress(`rotation: bare calls of node-vault, round ${round + 1}`)
    bare.push(await measureBare(NodeVault({ endpoint: address, token }), path, keyStore))
    progress(`rotation: the job rewrap on Vault, round ${round + 1}`)
    const { seconds } = await run(storage, tools, 'rewrap', { keks: [kek] })
    ours.push(vaultKeys / seconds)
  }
  await provider.close()
  await close()
  const median = (rates: readonly number[]): number => [...rates].sort((one, two) => one - two)[1] ?? 0
  printTable(`Rewrap of ${vaultKeys} keys on Vault, medians of 3 rounds, one after the other`, [
    {
      '': 'node-vault: bare rewrap calls, 1,000 keys each, nothing stored',
      'keys a second': Math.round(median(bare)),
      ratio: 1,
    },
    {
      '': 'the job rewrap: read, rewrapped, verified, stored, proved',
      'keys a second': Math.round(median(ours)),
      ratio: (median(ours) / median(bare)).toFixed(2),
    },
    { '': 'goal', 'keys a second': '', ratio: 0.6 },
  ])
}

/** Keys a second of nothing but batched calls, their input at hand. */
async function measureBare(vault: NodeVault.client, path: string, keyStore: KeyStore): Promise<number> {
  const batches: { ciphertext: string; context: string }[][] = []
  for (let after: Buffer | undefined; ;) {
    const rows = await keyStore.scan(after, pageSize)
    after = rows.at(-1)?.id
    if (after === undefined) break
    batches.push(
      rows.flatMap(({ holder, keys }) =>
        keys.map(({ wrapped }) => ({
          ciphertext: wrapped.toString('latin1'),
          context: wrapContext(createKeyTuple(holder, kek.keyType, kek.purpose)).toString('base64'),
        })),
      ),
    )
  }
  const begun = performance.now()
  for (const batch of batches) await vault.write(path, { batch_input: batch })
  return (batches.flat().length / (performance.now() - begun)) * 1_000
}

const documents = 10_000

/** People with three encrypted fields each, all of them under a compromised key. */
async function benchReencrypt(): Promise<void> {
  const people = await openPeopleGateway({ level: 'silent' })
  progress(`rotation: creating ${documents} people`)
  for (let made = 100; made < documents; made += 100) await people.createMore()
  const { jobTools, storage } = people.gateway
  const revocation = {
    id: 'bench',
    filter: { keyType: 'PII' },
    to: 'compromised',
    reason: 'bench',
    startedBy: 'bench',
  } as const
  await revokeKeys(revocation, jobTools)
  people.gateway.keyRing.clear()
  let seconds = 0
  let changed = 0
  const begun = performance.now()
  const id = await startJob(storage.jobStore, 'reencrypt', { keyTypes: ['PII'] }, 'bench')
  const { state, failure } = await runJob(id, {
    store: storage.jobStore,
    tools: jobTools,
    onProgress: ({ phase, counters }) => {
      if (phase !== 'reencrypt') return
      seconds = (performance.now() - begun) / 1_000
      changed = counters.changed ?? 0
    },
  })
  if (state !== 'done') throw new Error(failure)
  await people.close()
  printTable('Re-encrypt, new data keys made, every new form decrypted again, on the embedded database', [
    {
      'documents of three fields': changed,
      seconds: seconds.toFixed(1),
      'documents a second': Math.round(changed / seconds),
      goal: 2_500,
    },
  ])
}
