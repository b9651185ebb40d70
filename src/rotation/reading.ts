export interface ReadingOptions<Value> {
  readonly read: () => Promise<Value>
  readonly onFailure: (error: unknown) => void
  /** Milliseconds for which what was read is good. */
  readonly freshMs: number
  /** Milliseconds for which somebody is kept waiting for a newer one. Default 2,000. */
  readonly patienceMs?: number
}

/** What was read, and when. */
export interface ReadValue<Value> {
  readonly value: Value
  readonly at: Date
}

/** Something that costs too much to be read at every question: read when somebody asks and the last one is old, once at a time. */
export class Reading<Value> {
  readonly #options: Required<ReadingOptions<Value>>
  #latest: ReadValue<Value> | undefined
  #running: Promise<void> | undefined

  constructor({ patienceMs = 2_000, ...options }: ReadingOptions<Value>) {
    this.#options = { ...options, patienceMs }
  }

  /** The latest, which may be an old one while a newer is being read; undefined when there is none yet. */
  async latest(): Promise<ReadValue<Value> | undefined> {
    const { freshMs, patienceMs } = this.#options
    if (this.#latest !== undefined && Date.now() - this.#latest.at.getTime() < freshMs) return this.#latest
    this.#running ??= this.#read()
    let timer: NodeJS.Timeout | undefined
    const tired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs)
    })
    await Promise.race([this.#running, tired])
    clearTimeout(timer)
    return this.#latest
  }

  async #read(): Promise<void> {
    const at = new Date()
    try {
      this.#latest = { value: await this.#options.read(), at }
    } catch (error) {
      this.#options.onFailure(error)
    } finally {
      this.#running = undefined
    }
  }
}
