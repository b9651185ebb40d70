import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'

import { GatewayError } from '../errors.ts'
import { type AuditLine, printLine } from './line.ts'
import { parseLine } from './parse-line.ts'

export interface SpoolOptions {
  /** A private folder of this gateway alone. */
  readonly folder: string
  /** Bytes that it may hold. */
  readonly limit: number
}

/** Bytes that are read and written on at once. */
const portion = 1024 * 1024

/**
 * A local file that takes lines while a sink does not, and gives them back in order. Lines are durable once `append` has
 * resolved. A file that a killed process left is given back first.
 */
export class Spool {
  readonly #folder: string
  readonly #limit: number
  readonly #prefix: string
  readonly #path: string
  #file: FileHandle | undefined
  #written = 0
  #drained = 0

  /** @param sink - name of the sink whose lines these are */
  constructor(sink: string, { folder, limit }: SpoolOptions) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
    this.#limit = limit
    this.#prefix = `${sink}.`
    this.#path = join(folder, `${sink}.${process.pid}.${randomBytes(4).toString('hex')}.jsonl`)
  }

  get isEmpty(): boolean {
    return this.#drained === this.#written
  }

  /** @throws SERVICE_UNAVAILABLE when it is full, or an error of the file system; nothing counts as written then */
  async append(lines: readonly AuditLine[]): Promise<void> {
    const bytes = Buffer.from(lines.map((line) => `${printLine(line)}\n`).join(''))
    if (this.#written + bytes.length > this.#limit) {
      throw new GatewayError('SERVICE_UNAVAILABLE', { message: 'The audit spool is full.' })
    }
    this.#file ??= await this.#create()
    // At its place: what a failed attempt left half written is written over.
    const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, this.#written)
    if (bytesWritten < bytes.length) {
      throw new GatewayError('SERVICE_UNAVAILABLE', { message: 'There is no room for the audit spool.' })
    }
    await this.#file.datasync()
    this.#written += bytes.length
  }

  /** Hands over everything in order. @throws what `write` throws; what is left stays */
  async drain(write: (lines: readonly AuditLine[]) => Promise<void>): Promise<void> {
    while (!this.isEmpty && this.#file !== undefined) {
      const length = Math.min(portion, this.#written - this.#drained)
      const lines = await this.#read(length)
      await write(lines.lines)
      this.#drained += lines.length
    }
  }

  /** Makes the file empty, once everything was handed over and while nothing is appended. */
  async reset(): Promise<void> {
    if (this.#written > 0) await this.#file?.truncate(0)
    this.#written = 0
    this.#drained = 0
  }

  /** The same as {@link Spool.drain} with what processes left that are gone. A line that one of them did not finish was never acknowledged. */
  async drainLeftovers(write: (lines: readonly AuditLine[]) => Promise<void>): Promise<void> {
    for (const name of readdirSync(this.#folder).sort()) {
      const path = join(this.#folder, name)
      if (!name.startsWith(this.#prefix) || path === this.#path || isAlive(Number(name.split('.')[1])))
        continue
      const lines = linesOf(readFileSync(path, 'utf8'))
      for (let at = 0; at < lines.length; at += 1_000) await write(lines.slice(at, at + 1_000))
      rmSync(path)
    }
  }

  /** Leaves the file for the next start, unless there is nothing in it. */
  async close(): Promise<void> {
    await this.#file?.close()
    if (this.#file !== undefined && this.isEmpty) rmSync(this.#path, { force: true })
  }

  async #create(): Promise<FileHandle> {
    const file = await open(this.#path, 'wx+', 0o600)
    const folder = await open(this.#folder)
    await folder.sync().finally(() => folder.close())
    return file
  }

  async #read(length: number): Promise<{ readonly lines: AuditLine[]; readonly length: number }> {
    const bytes = Buffer.alloc(length)
    await this.#file?.read(bytes, 0, length, this.#drained)
    const end = bytes.lastIndexOf('\n') + 1
    // One line longer than a portion.
    if (end === 0) return this.#read(Math.min(length * 2, this.#written - this.#drained))
    return { lines: linesOf(bytes.toString('utf8', 0, end)), length: end }
  }
}

function linesOf(text: string): AuditLine[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? [])
}

/** Whether another process has this id; our own means that an earlier one had it, as the first of a container has. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM'
  }
}
