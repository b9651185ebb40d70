import { createHmac } from 'node:crypto'

import { KeyRing } from '../../src/crypto/key-ring.ts'
import { holderId, type KeyTuple, wrapContext } from '../../src/crypto/key-tuple.ts'
import { FakeKeyProvider } from './fake-key-provider.ts'
import { MemoryKeyStore } from './memory-key-store.ts'

/** A key ring whose one data key is the tuple's, with the root that is given, in hex. */
export async function keysOfRoot(root: string, tuple: KeyTuple): Promise<KeyRing> {
  const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
  const key = Buffer.from(root, 'hex')
  const [outcome] = await provider.wrap(tuple, [{ context: wrapContext(tuple), key }])
  if (outcome?.ok !== true) throw new TypeError('unreachable')
  const keyId = createHmac('sha256', key).update('sealgate/v1/commit\u0001').digest()
  const { holder, keyType, purpose } = tuple
  const stored = { keyType, purpose, generation: 1, keyId, wrapped: outcome.bytes } as const
  await store.insertMissing([
    { id: holderId(holder), holder, keys: [{ ...stored, state: 'enabled', createdAt: new Date() }] },
  ])
  return new KeyRing({ store, provider })
}
