const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const deepest = 16

/** Says that bytes are not the JSON that was expected, and nothing about them. */
export class MalformedJson extends Error {
  constructor() {
    super('The answer is not the JSON that was expected.')
  }
}

/**
 * Walks JSON (RFC 8259) in a buffer and hands out parts of that buffer, so that no value becomes a string.
 *
 * Strings are answered as they are written, between their quotes, escapes unresolved. Nesting is bounded. Every method
 * throws {@link MalformedJson} where the bytes differ from what it reads.
 */
export class JsonScanner {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Reads an object and calls `visit` at each value, which `visit` must read or skip. */
  readObject(visit: (name: Buffer) => void): void {
    this.#readSeries(openBrace, closeBrace, () => {
      const name = this.readString()
      this.#take(colon)
      visit(name)
    })
  }

  /** Reads an array and calls `visit` at each value, which `visit` must read or skip. */
  readArray(visit: () => void): void {
    this.#readSeries(openBracket, closeBracket, visit)
  }

  readString(): Buffer {
    this.#take(quote)
    const start = this.#at
    for (;;) {
      const byte = this.#bytes[this.#at++]
      if (byte === quote) return this.#bytes.subarray(start, this.#at - 1)
      if (byte === backslash) this.#at++
      else if (byte === undefined || byte < 0x20) throw new MalformedJson()
    }
  }

  skipValue(depth = 0): void {
    if (depth > deepest) throw new MalformedJson()
    const next = this.#peek()
    if (next === openBrace) {
      this.readObject(() => {
        this.skipValue(depth + 1)
      })
    } else if (next === openBracket) {
      this.readArray(() => {
        this.skipValue(depth + 1)
      })
    } else if (next === quote) this.readString()
    else this.#skipWord()
  }

  end(): void {
    if (this.#peek() !== undefined) throw new MalformedJson()
  }

  #readSeries(open: number, close: number, readMember: () => void): void {
    this.#take(open)
    if (this.#peek() === close) {
      this.#at++
      return
    }
    for (;;) {
      readMember()
      if (this.#peek() === close) {
        this.#at++
        return
      }
      this.#take(comma)
    }
  }

  /** A number, `true`, `false` or `null`: only skipped, so their spelling is not checked any further. */
  #skipWord(): void {
    const start = this.#at
    while (isWordByte(this.#bytes[this.#at])) this.#at++
    if (this.#at === start) throw new MalformedJson()
  }

  #take(expected: number): void {
    if (this.#peek() !== expected) throw new MalformedJson()
    this.#at++
  }

  #peek(): number | undefined {
    let byte = this.#bytes[this.#at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#bytes[++this.#at]
    return byte
  }
}

/** Letters, digits, `+`, `-` and `.`. */
function isWordByte(byte = 0): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x45
  )
}
