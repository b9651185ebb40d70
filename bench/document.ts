import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Source } from 'graphql'

import type { AuditedDocument } from '../src/audit/event.ts'
import type { Viewer } from '../src/auth/viewer.ts'
import { KeyRing } from '../src/crypto/key-ring.ts'
import { draftCreate } from '../src/directives/draft-document.ts'
import { parseSchema } from '../src/directives/load-schema.ts'
import { PathCiphers } from '../src/directives/path-cipher.ts'
import { type Policies, stored } from '../src/directives/policies.ts'
import { readPolicies } from '../src/directives/read-policies.ts'
import { createRevealer, type StoredObject } from '../src/directives/reveal-documents.ts'
import { createSealer } from '../src/directives/seal-drafts.ts'
import { createKeyProvider } from '../src/kms/index.ts'
import { createDecider } from '../src/permissions/decide.ts'
import { isRule, ruleForms } from '../src/permissions/rules.ts'
import { neededKeks } from '../src/server/verified-keys.ts'
import { storedForm } from '../src/storage/stored-form.ts'
import { MemoryKeyStore } from '../test/support/memory-key-store.ts'
import { median } from './median.ts'
import { printTable, progress } from './report.ts'

const fieldCount = 1_500
const trials = 10
const millisecondsPerTrial = 1_000

/**
 * The shape that MongoDB's drivers publish for client-side field level encryption ("Client Side Encryption", Appendix:
 * benchmarks): a document of 1,500 encrypted strings, decrypted over and over for a second, its key cached; the median of ten.
 */
export async function benchDocument(): Promise<void> {
  const [decryptDocument, close] = await prepareSealgate()
  const decryptBare = prepareBare()
  const counts: { sealgate: number[]; bare: number[] } = { sealgate: [], bare: [] }
  for (let trial = 0; trial <= trials; trial += 1) {
    progress(`document: trial ${trial} of ${trials}`)
    const sealgate = await perSecond(decryptDocument)
    const bare = await perSecond(decryptBare)
    // The first trial warms up.
    if (trial > 0) counts.sealgate.push(sealgate)
    if (trial > 0) counts.bare.push(bare)
  }
  await close()
  const bare = median(counts.bare)
  const row = (decrypting: string, documents: number): Record<string, string> => ({
    decrypting,
    'documents/s': documents.toFixed(0),
    'µs a field': (1e6 / documents / fieldCount).toFixed(2),
    ratio: (documents / bare).toFixed(2),
  })
  printTable(`A document of ${fieldCount} encrypted strings, one thread, keys cached`, [
    row('node:crypto alone, the same bytes', bare),
    row('Sealgate, revealed to one viewer', median(counts.sealgate)),
  ])
}

async function perSecond(decrypt: () => Promise<void> | undefined): Promise<number> {
  const began = performance.now()
  let count = 0
  while (performance.now() - began < millisecondsPerTrial) {
    await decrypt()
    count += 1
  }
  return (count * 1_000) / (performance.now() - began)
}

const names = Array.from({ length: fieldCount }, (_, index) => `key${String(index + 1).padStart(4, '0')}`)
const input = Object.fromEntries(names.map((name) => [name, `value ${name.slice(3)}`]))

async function prepareSealgate(): Promise<[() => Promise<void>, () => Promise<void>]> {
  const { policies, viewer } = readShape()
  const model = policies.models.get('Wide')
  if (model === undefined) throw new TypeError('no model')
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
  const provider = createKeyProvider({
    provider: 'local',
    folder,
    masterKey: { value: randomFillSync(Buffer.alloc(32)) },
  })
  await provider.prepare(neededKeks(policies, 'full', false))
  const ring = new KeyRing({ store: new MemoryKeyStore(), provider })
  const ciphers = new PathCiphers({ cipher: 'aes-256-gcm', padding: 'BUCKETS' })
  const decisions = createDecider(policies)(viewer)
  const draft = draftCreate({ policies, model, decisions, input, at: 'input' })
  await createSealer(ring, ciphers).seal([draft])
  const document: StoredObject = {
    [stored.id]: draft.id,
    [stored.tenant]: draft.tenant,
    [stored.subject]: draft.subject,
    ...(storedForm(draft.changes) as StoredObject),
  }
  const revealer = createRevealer(ring, ciphers)
  const fields = model.fields.filter(({ name }) => name !== 'id')
  const selection = { fields, protected: fields, embedded: [] }
  const clear: AuditedDocument[] = []
  const reveal = (): Promise<void> => {
    clear.length = 0
    const documentsOf = (_coordinate: string, outcome: string) => (outcome === 'clear' ? clear : [])
    return revealer.reveal({ model, documents: [document], selection, decisions, documentsOf })
  }
  await reveal()
  if (clear.length !== fieldCount) throw new Error(`Only ${clear.length} fields were decrypted.`)
  const close = async (): Promise<void> => {
    ring.clear()
    await provider.close()
    rmSync(folder, { recursive: true })
  }
  return [reveal, close]
}

function readShape(): { policies: Policies; viewer: Viewer } {
  const fields = names.map((name) => `  ${name}: String @encrypted`)
  const sdl = `type Wide @model @access(read: ["authenticated"], write: ["authenticated"]) {\n  id: ID!\n${fields.join('\n')}\n}`
  const policies = readPolicies(parseSchema([new Source(sdl, 'wide.graphql')]), { isRule, names: ruleForms })
  const viewer: Viewer = {
    kind: 'user',
    id: 'reader',
    tenant: 'default',
    subject: 'reader',
    roles: new Set(),
    scopes: new Set(),
    expiresAt: undefined,
  }
  return { policies, viewer }
}

/** As many AEAD calls over as many bytes, and text from each: what no software on node:crypto can do without. */
function prepareBare(): () => undefined {
  const key = randomFillSync(Buffer.alloc(32))
  const aad = randomFillSync(Buffer.alloc(146))
  const options = { authTagLength: 16 }
  const fields = names.map((name) => {
    const nonce = randomFillSync(Buffer.alloc(12))
    const cipher = createCipheriv('aes-256-gcm', key, nonce, options)
    cipher.setAAD(aad)
    const ciphertext = cipher.update(Buffer.concat([Buffer.from(`value ${name.slice(3)}`)], 64))
    cipher.final()
    return { name, nonce, ciphertext, tag: cipher.getAuthTag() }
  })
  return () => {
    const values: Record<string, string> = {}
    for (const { name, nonce, ciphertext, tag } of fields) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, options)
      decipher.setAAD(aad)
      decipher.setAuthTag(tag)
      const plaintext = decipher.update(ciphertext)
      decipher.final()
      values[name] = plaintext.toString('utf8', 0, 10)
    }
    return undefined
  }
}
