import type { KeyRing } from '../crypto/key-ring.ts'
import type { KeyStore } from '../crypto/key-store.ts'
import { stateBoundMs } from '../crypto/state-bound.ts'

export interface KeyStateWatch {
  readonly stop: () => void
}

/**
 * Looks three times within the bound whether key states were changed anywhere, and drops the unwrapped keys when they were, or
 * when nothing could be learnt for the whole bound. So no process works by old states for longer.
 */
export function watchKeyStates(store: KeyStore, keyRing: KeyRing, boundMs = stateBoundMs): KeyStateWatch {
  let known: number | undefined
  let learntAt = performance.now()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const look = async (): Promise<void> => {
    const asked = performance.now()
    try {
      const epoch = await store.epoch()
      if (known !== undefined && epoch !== known) keyRing.clear()
      known = epoch
      learntAt = asked
    } catch {
      if (performance.now() - learntAt >= boundMs) keyRing.clear()
    }
    if (!stopped) timer = setTimeout(() => void look(), boundMs / 3).unref()
  }
  void look()
  return {
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
