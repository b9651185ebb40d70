// Runs one job in a process of its own, to be killed: node run-key-job.mjs DIST URI DATABASE KEYS-FOLDER KIND LEASE-MS BOUND-MS [PARAMETERS]
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [dist, uri, database, folder, kind, leaseMs, boundMs, told] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(dist, file)).href)
const [
  { connectStorage },
  { createKeyProvider },
  { loadSchema },
  { readPolicies },
  { isRule, ruleForms },
  { neededKeks },
  { KeyPolicies },
  { startJob },
  { runJob },
  { PathCiphers },
  { createKeyRing },
  { sealedCollections },
  { createErasureTools },
] = await Promise.all(
  [
    'storage/connect-storage.js',
    'kms/index.js',
    'directives/load-schema.js',
    'directives/read-policies.js',
    'permissions/rules.js',
    'server/verified-keys.js',
    'crypto/key-policy.js',
    'rotation/start-job.js',
    'rotation/run-job.js',
    'directives/path-cipher.js',
    'server/create-key-ring.js',
    'server/sealed-collections.js',
    'server/create-erasure-tools.js',
  ].map(load),
)
const policies = readPolicies(loadSchema(join(dist, '../schema')), { isRule, names: ruleForms })
const storage = await connectStorage(policies, { uri, database, keysDatabase: `${database}_keys` })
const provider = createKeyProvider({
  provider: 'local',
  folder,
  masterKey: { file: join(folder, '../master-key'), generate: false },
})
const keks = neededKeks(policies, 'full', false)
// Receipts are signed under a key of the audit log.
await provider.prepare(neededKeks(policies, 'full', told !== undefined))
const batch = { batchSize: 25 }
const keyPolicies = KeyPolicies.read({ FINANCIAL: batch, PII: batch })
const ring = createKeyRing({
  store: storage.keyStore,
  provider,
  rights: 'full',
  policies: keyPolicies,
  cache: {},
})
const erasure = { policies, storage, keyRing: ring, audited: true, backups: {} }
const tools = {
  keyStore: storage.keyStore,
  provider,
  policies: keyPolicies,
  boundMs: Number(boundMs),
  collections: sealedCollections(
    policies,
    storage,
    ring,
    new PathCiphers({ cipher: 'aes-256-gcm', padding: 'BUCKETS' }),
  ),
  // The bound is not waited for in full: what is killed in it begins it anew.
  erasure: { ...createErasureTools(erasure), boundMs: 50 },
}
const ofKind = ['reencrypt', 'reindex'].includes(kind) ? { keyTypes: ['PII', 'FINANCIAL'] } : { keks }
const parameters = told === undefined ? ofKind : JSON.parse(told)
const id = await startJob(storage.jobStore, kind, parameters, 'test')
process.stdout.write('running\n')
const job = await runJob(id, { store: storage.jobStore, tools, leaseMs: Number(leaseMs) })
process.stdout.write(`${JSON.stringify(job)}\n`, () => process.exit(job.state === 'done' ? 0 : 1))
