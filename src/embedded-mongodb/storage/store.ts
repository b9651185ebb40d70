import { open, type RootDatabase } from 'lmdb'
import { CommandError } from '../command-error.ts'

export interface Entry {
  readonly key: Buffer
  readonly value: Buffer
}

/** Keys from `low` (included) to `high` (excluded), in the order of their bytes. */
export interface KeyRange {
  readonly low: Buffer
  readonly high: Buffer
}

/** What else belongs to a transaction. */
export interface TransactionHooks {
  /** Runs inside, after the last write: for what is written once per transaction. */
  beforeCommit(): void
  /** Runs when nothing of a transaction was kept: what memory holds must be read again. */
  afterAbort(): void
}

interface QueuedWrite {
  readonly run: () => void
  readonly settle: (failure?: unknown) => void
}

/** How long one transaction may go on taking queued writes, in milliseconds. */
const transactionBudget = 15

/**
 * Ordered bytes on disk. Writes that arrive while others are being flushed share the next transaction and its one
 * flush; each is acknowledged only after that flush. Writes run one after the other, so each sees those before it.
 */
export class Store {
  readonly #database: RootDatabase<Buffer, Buffer>
  #queue: QueuedWrite[] = []
  #hooks: TransactionHooks | undefined
  #scheduled = false
  #closed = false

  constructor(folder: string) {
    this.#database = open<Buffer, Buffer>({
      path: folder,
      keyEncoding: 'binary',
      encoding: 'binary',
      cache: false,
      noSubdir: false,
      // A transaction returns when the disk has it, not before.
      overlappingSync: false,
    })
    // A killed process leaves its place among the readers, which would keep freed pages from being used again.
    this.#database.readerCheck()
  }

  useHooks(hooks: TransactionHooks): void {
    this.#hooks = hooks
  }

  get(key: Buffer): Buffer | undefined {
    return this.#database.get(key)
  }

  /** Reads a range lazily. The iteration must end, or be left, before the event loop turns. */
  entries(range: KeyRange, reverse = false): Iterable<Entry> {
    return this.#database.getRange(
      reverse
        ? { start: range.high, exclusiveStart: true, end: range.low, inclusiveEnd: true, reverse: true }
        : { start: range.low, end: range.high },
    )
  }

  /** Counts the keys of a range, but no further than `limit`, so that it costs no more than those. */
  countUpTo({ low, high }: KeyRange, limit: number): number {
    if (limit <= 0) return 0
    const range = { start: low, end: high }
    // lmdb's own count knows no limit: it would walk the whole range.
    const [last] = this.#database.getKeys({ ...range, offset: limit - 1, limit: 1 })
    return last === undefined ? this.#database.getKeysCount(range) : limit
  }

  /** Only within a write. */
  put(key: Buffer, value: Buffer): void {
    this.#database.putSync(key, value)
  }

  /** Only within a write. */
  remove(key: Buffer): void {
    this.#database.removeSync(key)
  }

  /**
   * Runs a synchronous action in a write transaction and resolves to its result once that is on disk.
   * What an action wrote before it threw a CommandError stays written: it must check first, and then write. Any other
   * error means that a write may be incomplete, and undoes the whole transaction.
   */
  write<Result>(action: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      let outcome: () => void = () => undefined
      this.#queue.push({
        run: () => {
          try {
            const result = action()
            outcome = () => {
              resolve(result)
            }
          } catch (error) {
            if (!(error instanceof CommandError)) throw error
            outcome = () => {
              reject(error)
            }
          }
        },
        settle: (failure) => {
          if (failure === undefined) outcome()
          else reject(asError(failure))
        },
      })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#commit()
    })
  }

  #commit(): void {
    if (this.#closed) {
      for (const write of this.#queue.splice(0)) write.settle(new Error('The store is closed'))
      return
    }
    const taken: QueuedWrite[] = []
    let failure: unknown
    try {
      const until = performance.now() + transactionBudget
      this.#database.transactionSync(() => {
        let next = this.#queue.shift()
        while (next !== undefined) {
          taken.push(next)
          next.run()
          next = performance.now() < until ? this.#queue.shift() : undefined
        }
        this.#hooks?.beforeCommit()
      })
    } catch (error) {
      failure = error
      this.#hooks?.afterAbort()
    }
    if (this.#queue.length > 0) this.#schedule()
    for (const write of taken) write.settle(failure)
  }

  /** Size of the stored pages, in bytes. */
  get storedBytes(): number {
    const { pageSize, lastPageNumber } = this.#database.getStats() as {
      pageSize: number
      lastPageNumber: number
    }
    return pageSize * (lastPageNumber + 1)
  }

  /** Finishes what was queued, then closes. */
  async close(): Promise<void> {
    await this.write(() => undefined)
    this.#closed = true
    await this.#database.close()
  }
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error('The write failed')
}
