/**
 * What programs may use of Sealgate beside the gateway: the keys of a gateway, streams sealed under them, and stores of
 * sealed values. What is not exported here may change in any version.
 */
export { type ErrorCode, errorCodes, GatewayError } from './errors.ts'

export type { KeyProviderOptions, LocalOptions, VaultOptions } from './kms/index.ts'
export type { KeyRights } from './crypto/key-rights.ts'
export type { Kek, KeyPurpose } from './crypto/key-provider.ts'
export type { KeyRing } from './crypto/key-ring.ts'
export { createKeyTuple, type KeyHolder, type KeyScope, type KeyTuple } from './crypto/key-tuple.ts'
export { type KeyRingSources, openKeyRing, type OpenKeyRing } from './server/open-key-ring.ts'

export type { ByteSource } from './crypto/stream/blocks.ts'
export {
  createEncryptTransform,
  encryptBuffer,
  encryptStream,
  type EncryptStreamOptions,
  type StreamOptions,
} from './crypto/stream/encrypt-stream.ts'
export {
  createDecryptTransform,
  decryptBuffer,
  decryptStream,
  type DecryptStreamOptions,
} from './crypto/stream/decrypt-stream.ts'
export type { StreamCompression } from './crypto/stream/stream-header.ts'

export { type ApolloCacheOptions, createApolloCache } from './sealed-store/apollo-cache.ts'
export { createMemoryEntries, type MemoryEntriesOptions } from './sealed-store/memory-entries.ts'
export { connectRedisEntries, type RedisEntriesOptions } from './sealed-store/redis-entries.ts'
export type { SealedEntries } from './sealed-store/sealed-entries.ts'
export { SealedStore, sealedStoreKeks, type SealedStoreOptions } from './sealed-store/sealed-store.ts'
