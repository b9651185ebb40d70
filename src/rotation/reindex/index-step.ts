import { slotOf } from '../../crypto/index-keys.ts'
import type { KeyState, StoredKey } from '../../crypto/key-store.ts'
import type { TermCounts } from '../../crypto/term-plan.ts'

/** What is to be done next with the generations of the `INDEX` key of one path in one tenant. */
export type IndexStep =
  | { readonly kind: 'none' }
  /** It waits for terms that could not be made. */
  | { readonly kind: 'stuck' }
  | { readonly kind: 'publish'; readonly generation: number; readonly state: 'enabled' | 'indexing' }
  | { readonly kind: 'change'; readonly keys: readonly StoredKey[]; readonly to: KeyState }

export interface IndexSituation {
  /** All generations, the oldest first. */
  readonly keys: readonly StoredKey[]
  /** What the schema asks for. */
  readonly version: string
  /** Whether a generation that is alone shall be replaced, or made where there is none. */
  readonly isDue: (current: StoredKey | undefined) => boolean
  /** Of a scan behind the latest change; undefined when none was needed. */
  readonly terms: TermCounts | undefined
}

/** Those that are not yet, or any more, the one that everything is under. */
export function isMoving(keys: readonly StoredKey[]): boolean {
  const present = keys.filter(({ state }) => state !== 'destroyed')
  return present.length > 1 || present.some(({ state }) => state === 'indexing' || state === 'retired')
}

/** Whether terms are to be made, or to go, before the next step. */
export function needsTerms(keys: readonly StoredKey[]): boolean {
  return keys.some(({ state }) => state === 'indexing' || state === 'retired')
}

/**
 * One step along the phases of `judgeForIndex`. To be taken only when every process has known the present states for a while,
 * and only from these states.
 */
export function nextStep({ keys, version, isDue, terms }: IndexSituation): IndexStep {
  const present = keys.filter(({ state }) => state !== 'destroyed')
  if (present.some(({ state }) => state === 'closing')) return { kind: 'none' }
  const retired = present.filter(({ state }) => state === 'retired')
  if (retired.length > 0)
    return terms?.surplus === 0 ? { kind: 'change', keys: retired, to: 'destroyed' } : { kind: 'stuck' }
  const indexing = present.filter(({ state }) => state === 'indexing')
  if (indexing.length > 0) {
    // The schema has changed its mind meanwhile.
    if (indexing.some(({ indexVersion }) => indexVersion !== version))
      return { kind: 'change', keys: indexing, to: 'retired' }
    const whole = terms !== undefined && Object.values(terms).every((count) => count === 0)
    return whole ? { kind: 'change', keys: indexing, to: 'enabled' } : { kind: 'stuck' }
  }
  if (present.length > 1) return { kind: 'change', keys: present.slice(0, -1), to: 'retired' }
  const [current] = present
  // What is destroyed and has no successor was erased.
  if (current === undefined)
    return keys.length === 0 && isDue(undefined)
      ? { kind: 'publish', generation: 1, state: 'enabled' }
      : { kind: 'none' }
  if (!isDue(current)) return { kind: 'none' }
  let generation = (keys.at(-1)?.generation ?? 0) + 1
  if (slotOf(generation) === slotOf(current.generation)) generation += 1
  return { kind: 'publish', generation, state: 'indexing' }
}
