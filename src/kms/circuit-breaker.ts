import type { Kek, KeyOutcome, KeyProvider } from '../crypto/key-provider.ts'
import { GatewayError } from '../errors.ts'
import { kekNameOf } from './kek-name.ts'

export interface CircuitOptions {
  /** Milliseconds after which a call counts as failed, whatever becomes of it. Default 3,000. */
  readonly deadlineMs?: number
  /** Failures of one KEK's calls in a row that open its circuit. Default 5. */
  readonly failures?: number
  /** Milliseconds until one call may try an open circuit, at most: up to half of it is chance. Default 2,000. */
  readonly restMs?: number
  /** Milliseconds of a clock that nobody sets. Default `performance.now`. */
  readonly now?: () => number
  /** Told once when the first circuit opens, with the failure, and once when none fails any more. */
  readonly onChange: (failing: boolean, reason: string) => void
}

export interface GuardedProvider extends KeyProvider {
  /** Whether a circuit is open that was tried lately. */
  readonly failing: () => boolean
}

/**
 * The provider, so that one that is dead or slow holds nobody up: calls have a deadline, and where they fail in a row they are
 * refused at once, but for one at a time that tries again. A KEK has a circuit of its own, because a policy can refuse one KEK
 * while the others work.
 *
 * Of the calls that do not wait for a request (`prepare`, `rotate`, `rewrap`, `trim`) none is held back.
 */
export function breakCircuit(provider: KeyProvider, options: CircuitOptions): GuardedProvider {
  const { deadlineMs = 3_000, restMs = 2_000, now = () => performance.now(), onChange } = options
  // An open circuit that nobody tries says nothing of the service as it is now.
  const staleMs = 2 * (restMs + deadlineMs)
  const circuits = new Map<string, Circuit>()
  let failing = false
  const circuitOf = (kek: Kek): Circuit => {
    const name = kekNameOf(kek)
    const circuit = circuits.get(name) ?? new Circuit({ ...options, restMs, now })
    circuits.set(name, circuit)
    return circuit
  }
  const tell = (reason: string): void => {
    const fails = [...circuits.values()].some(({ isOpen, failedAt }) => isOpen && now() - failedAt < staleMs)
    if (fails === failing) return
    failing = fails
    onChange(failing, reason)
  }
  const guarded = async <T>(kek: Kek, call: () => Promise<T>): Promise<T> => {
    const circuit = circuitOf(kek)
    if (!circuit.admit()) throw unavailable('The key service failed repeatedly, and is not asked for now.')
    try {
      const answer = await inTime(call(), deadlineMs)
      circuit.succeeded()
      tell('')
      return answer
    } catch (error) {
      circuit.failed()
      tell(error instanceof GatewayError ? error.message : 'unknown')
      throw error
    }
  }
  return {
    name: provider.name,
    capabilities: provider.capabilities,
    prepare: (keks) => provider.prepare(keks),
    wrap: (kek, items) => guarded(kek, () => provider.wrap(kek, items)),
    unwrap: (kek, items) => guarded(kek, () => provider.unwrap(kek, items)),
    rotate: (kek) => provider.rotate(kek),
    rewrap: (kek, items) => provider.rewrap(kek, items),
    status: (kek) => guarded(kek, () => provider.status(kek)),
    versionOf: (wrapped) => provider.versionOf(wrapped),
    trim: (kek, oldest) => provider.trim(kek, oldest),
    check: () => provider.check(),
    close: () => provider.close(),
    failing: () => {
      tell('')
      return failing
    },
  }
}

interface CircuitTimes {
  readonly restMs: number
  readonly now: () => number
}

class Circuit {
  readonly #limit: number
  readonly #restMs: number
  readonly #now: () => number
  #failures = 0
  #nextTry = 0
  #failedAt = 0

  constructor({ failures = 5, restMs, now }: CircuitOptions & CircuitTimes) {
    this.#limit = failures
    this.#restMs = restMs
    this.#now = now
  }

  get isOpen(): boolean {
    return this.#failures >= this.#limit
  }

  get failedAt(): number {
    return this.#failedAt
  }

  /** Whether a call may be made; of an open circuit one after each rest. */
  admit(): boolean {
    if (!this.isOpen) return true
    if (this.#now() < this.#nextTry) return false
    this.#rest()
    return true
  }

  succeeded(): void {
    this.#failures = 0
  }

  failed(): void {
    this.#failures += 1
    this.#failedAt = this.#now()
    this.#rest()
  }

  /** By chance, so that gateways do not try in step. */
  #rest(): void {
    this.#nextTry = this.#now() + this.#restMs * (0.5 + Math.random() / 2)
  }
}

/** What comes too late is nobody's: keys in it are zeroed. */
function inTime<T>(call: Promise<T>, deadlineMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      reject(unavailable(`The key service did not answer within ${deadlineMs / 1_000} s.`))
    }, deadlineMs)
    call
      .then((answer) => {
        if (late && Array.isArray(answer)) zero(answer as readonly KeyOutcome[])
        resolve(answer)
      }, reject)
      .finally(() => {
        clearTimeout(timer)
      })
  })
}

function zero(outcomes: readonly KeyOutcome[]): void {
  for (const outcome of outcomes) if (outcome.ok) outcome.bytes.fill(0)
}

function unavailable(message: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message })
}
