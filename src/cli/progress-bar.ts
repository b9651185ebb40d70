const barWidth = 24

/** Draws how far something is, on one line of standard error; nothing where that is not a terminal. */
export class ProgressBar {
  readonly #shown = process.stderr.isTTY
  #startedAt = performance.now()
  #phase = ''
  #first = 0

  draw({ phase, at, total }: { readonly phase: string; readonly at: number; readonly total: number }): void {
    if (!this.#shown) return
    if (phase !== this.#phase) {
      this.#phase = phase
      this.#startedAt = performance.now()
      this.#first = at
    }
    const part = total === 0 ? 1 : Math.min(1, at / total)
    const filled = Math.round(part * barWidth)
    const seconds = (performance.now() - this.#startedAt) / 1_000
    const rate = seconds > 0.5 ? `  ${Math.round((at - this.#first) / seconds)}/s` : ''
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
    process.stderr.write(
      `\r\x1b[2K  ${phase.padEnd(8)} ${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${at} of ${total}${rate}`,
    )
  }

  /** Says something above the bar. */
  say(text: string): void {
    process.stderr.write(this.#shown ? `\r\x1b[2K  ${text}\n` : `${text}\n`)
  }

  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[2K')
  }
}
