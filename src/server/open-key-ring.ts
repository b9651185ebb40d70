import type { Kek } from '../crypto/key-provider.ts'
import { KeyRing } from '../crypto/key-ring.ts'
import { type KeyRights, usesOf } from '../crypto/key-rights.ts'
import { StateLease } from '../crypto/state-lease.ts'
import { verifyKeks } from '../crypto/verify-keks.ts'
import { GatewayError } from '../errors.ts'
import { createKeyProvider, type KeyProviderOptions } from '../kms/index.ts'
import { connectKeyStore } from '../storage/connect-key-store.ts'
import { watchKeyStates } from './watch-key-states.ts'

export interface KeyRingSources {
  readonly keys: KeyProviderOptions
  /** The MongoDB server, and the database of the wrapped data keys on it. */
  readonly storage: { readonly uri: string; readonly keysDatabase: string }
  /** What the keys are wanted for. */
  readonly keks: readonly Kek[]
  readonly rights: KeyRights
}

export interface OpenKeyRing {
  readonly keyRing: KeyRing
  /** Empties the key ring and disconnects. */
  readonly close: () => Promise<void>
}

/**
 * The data keys of a gateway, without the gateway: key service and key store, verified against each other. It learns of changed
 * key states as a gateway does, and gives no key out when it could not for 15 seconds.
 * @throws GatewayError CONFIGURATION_INVALID, KEYS_MISMATCH, KEY_UNAVAILABLE or SERVICE_UNAVAILABLE
 */
export async function openKeyRing({ keys, storage, keks, rights }: KeyRingSources): Promise<OpenKeyRing> {
  if (keks.some((kek) => usesOf(rights, kek).length === 0)) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `A ${rights} instance may not use these keys.`,
    })
  }
  const store = await connectKeyStore(storage)
  const provider = createKeyProvider(keys, store.intermediateKeys)
  const disconnect = () => Promise.allSettled([provider.close(), store.close()])
  try {
    await provider.prepare(keks)
    await verifyKeks(provider, store.keyStore, keks, rights)
  } catch (error) {
    await disconnect()
    throw error
  }
  const states = new StateLease()
  const keyRing = new KeyRing({ store: store.keyStore, provider, rights, states })
  const watch = await watchKeyStates({ store: store.keyStore, keyRing, lease: states })
  return {
    keyRing,
    close: async () => {
      watch.stop()
      keyRing.clear()
      await disconnect()
    },
  }
}
