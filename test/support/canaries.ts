import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import mongoose from 'mongoose'

/**
 * Looks for distinctive values in bytes, in every form that software gives to text by habit: UTF-8, UTF-16, hexadecimal and
 * base64 at each of its three alignments.
 */
export class CanaryHunter {
  readonly #needles: readonly (readonly [canary: string, needle: Buffer])[]

  constructor(canaries: readonly string[]) {
    this.#needles = canaries.flatMap((canary) => formsOf(canary).map((needle) => [canary, needle] as const))
  }

  /** The canaries that stand in the bytes, each once. */
  find(haystack: Buffer | string): string[] {
    const bytes = typeof haystack === 'string' ? Buffer.from(haystack) : haystack
    return [
      ...new Set(this.#needles.filter(([, needle]) => bytes.includes(needle)).map(([canary]) => canary)),
    ]
  }

  /** In every document of every collection, as BSON and as text. */
  async findInDatabases(databases: readonly mongoose.mongo.Db[]): Promise<string[]> {
    const found: string[] = []
    for (const database of databases) {
      for (const { name } of await database.listCollections().toArray()) {
        for (const document of await database.collection(name).find().toArray()) {
          found.push(...this.find(Buffer.from(mongoose.mongo.BSON.serialize(document))))
          found.push(...this.find(JSON.stringify(document)))
        }
      }
    }
    return [...new Set(found)]
  }

  /** In every file below a folder, and in the files' names. */
  findInFiles(folder: string): string[] {
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
      const path = join(folder, name)
      return [...this.find(name), ...(statSync(path).isFile() ? this.find(readFileSync(path)) : [])]
    })
    return [...new Set(found)]
  }
}

function formsOf(canary: string): Buffer[] {
  const utf8 = Buffer.from(canary)
  const hex = utf8.toString('hex')
  const texts = [
    canary,
    JSON.stringify(canary).slice(1, -1),
    encodeURIComponent(canary),
    hex,
    hex.toUpperCase(),
  ]
  // Only whole groups of three bytes are the same whatever stands before and behind.
  const base64 = [0, 1, 2].map((skip) => {
    const whole = utf8.subarray(skip)
    return whole.subarray(0, whole.length - (whole.length % 3)).toString('base64')
  })
  const urlSafe = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  const utf16 = Buffer.from(canary, 'utf16le')
  const forms = [...texts, ...base64, ...urlSafe].map((text) => Buffer.from(text))
  return [...forms, utf16, Buffer.from(utf16).swap16(), Buffer.from(canary, 'utf16le').toString('hex')].map(
    (form) => Buffer.from(form),
  )
}
