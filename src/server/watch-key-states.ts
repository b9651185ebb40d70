import type { KeyRing } from '../crypto/key-ring.ts'
import type { KeyStore } from '../crypto/key-store.ts'
import type { StateLease } from '../crypto/state-lease.ts'

export interface KeyStateWatchOptions {
  readonly store: Pick<KeyStore, 'epoch'>
  readonly keyRing: Pick<KeyRing, 'clear'>
  /** What the key ring works by. */
  readonly lease: StateLease
  /** Told once of each change: whether key states can be read in time. */
  readonly onChange?: (known: boolean) => void
}

export interface KeyStateWatch {
  readonly stop: () => void
}

/**
 * Looks three times within the bound whether key states were changed anywhere. Unwrapped keys are dropped when they were, and
 * when nothing could be learnt for the whole bound: from then on the lease lets no key be used until a read succeeds again.
 *
 * @returns after the first look, successful or not.
 */
export async function watchKeyStates(options: KeyStateWatchOptions): Promise<KeyStateWatch> {
  const { store, keyRing, lease, onChange } = options
  let epochKnown: number | undefined
  let lookingSince: number | undefined
  let told = true
  const tell = (): void => {
    if (lease.isHeld === told) return
    told = lease.isHeld
    onChange?.(told)
  }
  const look = async (): Promise<void> => {
    const asked = lease.now()
    lookingSince = asked
    try {
      const epoch = await store.epoch()
      if (epochKnown !== undefined && epoch !== epochKnown) keyRing.clear()
      epochKnown = epoch
      lease.renew(asked)
    } catch {
      // The lease ends by itself.
    }
    if (lookingSince === asked) lookingSince = undefined
    tell()
  }
  await look()
  // Apart from the reads: one that hangs is given up, and must not keep others back.
  const timer = setInterval(() => {
    if (!lease.isHeld) keyRing.clear()
    tell()
    if (lookingSince === undefined || lease.now() - lookingSince >= 3 * lease.intervalMs) void look()
  }, lease.intervalMs).unref()
  return {
    stop: () => {
      clearInterval(timer)
    },
  }
}
