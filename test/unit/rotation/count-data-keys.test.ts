import { expect, test } from '@jest/globals'

import { KeyPolicies } from '../../../src/crypto/key-policy.ts'
import type { KeyState } from '../../../src/crypto/key-store.ts'
import { holderId } from '../../../src/crypto/key-tuple.ts'
import { countDataKeys } from '../../../src/rotation/count-data-keys.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

test('keys past their maximum age are counted by state, and destroyed ones are past nothing', async () => {
  const keyStore = new MemoryKeyStore()
  const rows = (['enabled', 'destroyed'] as KeyState[]).map((state) => {
    const holder = { tenant: 't', scope: 'SUBJECT', scopeId: state } as const
    const key = {
      keyType: 'PII',
      purpose: 'REVEAL',
      generation: 1,
      keyId: Buffer.alloc(32),
      wrapped: state === 'destroyed' ? Buffer.alloc(0) : Buffer.of(1),
      state,
      createdAt: new Date(0),
    } as const
    return { id: holderId(holder), holder, keys: [key] }
  })
  await keyStore.insertMissing(rows)
  const provider = { versionOf: () => 1 } as never
  const counts = await countDataKeys({ keyStore, provider, policies: KeyPolicies.read() })
  expect(counts.map(({ state, count, expired }) => ({ state, count, expired }))).toEqual([
    { state: 'destroyed', count: 1, expired: 0 },
    { state: 'enabled', count: 1, expired: 1 },
  ])
})
