import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import type { AuditedDocument, AuditEvent } from '../../../src/audit/event.ts'
import { openIdentities, sealIdentities } from '../../../src/audit/identities.ts'
import { DataKey } from '../../../src/crypto/data-key.ts'

const key = DataKey.create()
const place = { chain: 'one@two', sequence: 3 }
const document = fc.record({ id: fc.string(), subject: fc.string() })
const event: fc.Arbitrary<AuditEvent> = fc.array(document, { maxLength: 4 }).map((documents) => ({
  coordinate: 'Customer.email',
  outcome: 'clear',
  documents,
}))

function withoutRepeats(documents: readonly AuditedDocument[]): readonly AuditedDocument[] {
  return documents.filter(({ id, subject }, at) => {
    const before = documents[at - 1]
    return before?.id !== id || before.subject !== subject
  })
}

describe('the sealed part of a record', () => {
  test('gives back viewer and documents of every event, neighbours that are the same once', () => {
    fc.assert(
      fc.property(fc.option(fc.string()), fc.array(event, { maxLength: 4 }), (viewer, events) => {
        const sealed = sealIdentities(key, 'acme', place, viewer, [...events, ...events])
        const lists = [...events, ...events].map(({ documents }) => withoutRepeats(documents))
        expect(openIdentities(key, 'acme', place, sealed)).toEqual({ viewer, documents: lists })
      }),
    )
  })

  test('opens nowhere else: not in another tenant, chain or place, not with a bit changed', () => {
    const sealed = sealIdentities(key, 'acme', place, 'viewer', [])
    const flipped = Buffer.from(sealed)
    flipped[60] = (flipped[60] ?? 0) ^ 1
    const attempts = [
      () => openIdentities(key, 'other', place, sealed),
      () => openIdentities(key, 'acme', { ...place, chain: 'one@three' }, sealed),
      () => openIdentities(key, 'acme', { ...place, sequence: 4 }, sealed),
      () => openIdentities(DataKey.create(), 'acme', place, sealed),
      () => openIdentities(key, 'acme', place, flipped),
    ]
    for (const attempt of attempts)
      expect(attempt).toThrow(expect.objectContaining({ code: 'DECRYPTION_FAILED' }))
  })
})
