import { type FileHandle, open } from 'node:fs/promises'

/** Appends lines to a file that its owner alone may read. Never changes what is there. */
export class FileLines {
  readonly #path: string
  #file: FileHandle | undefined
  /** Whether the file may end within a line: after a crash, or a write that failed. */
  #torn = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Resolves when the lines are on disk. */
  append(lines: readonly string[]): Promise<void> {
    const turn = this.#turn.then(() => this.#append(lines))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    await this.#turn
    await this.#file?.close()
    this.#file = undefined
  }

  async #append(lines: readonly string[]): Promise<void> {
    if (this.#file === undefined) {
      this.#file = await open(this.#path, 'a', 0o600)
      this.#torn = (await this.#file.stat()).size > 0
    }
    const text = lines.map((line) => `${line}\n`).join('')
    const start = this.#torn ? '\n' : ''
    this.#torn = true
    await this.#file.appendFile(start + text)
    await this.#file.datasync()
    this.#torn = false
  }
}
