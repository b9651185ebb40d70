import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from '@jest/globals'

import type { AuditLine } from '../../../src/audit/line.ts'
import { printLine } from '../../../src/audit/line.ts'
import { Spool } from '../../../src/audit/spool.ts'

let folder: string

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sealgate-spool-')), 'spool')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function line(sequence: number, size = 10): AuditLine {
  const text = JSON.stringify({ v: 1, padding: 'é'.repeat(size) })
  return { kind: 'record', chain: 'one@two', sequence, hmac: Buffer.alloc(32, sequence), text }
}

const sequencesOf = (lines: readonly AuditLine[]): number[] =>
  lines.flatMap((one) => (one.kind === 'record' ? [one.sequence] : []))

test('gives back what it took, in order, through failures in between', async () => {
  const spool = new Spool('sink', { folder, limit: 100_000_000 })
  for (let sequence = 1; sequence <= 40; sequence += 1) await spool.append([line(sequence, 40_000)])
  const taken: number[] = []
  let failures = 0
  while (!spool.isEmpty) {
    await spool
      .drain((lines) => {
        failures += 1
        if (failures % 2 === 1) return Promise.reject(new Error('away'))
        taken.push(...sequencesOf(lines))
        return Promise.resolve()
      })
      .catch(() => undefined)
  }
  expect(taken).toEqual(Array.from({ length: 40 }, (_, at) => at + 1))
  await spool.reset()
  await spool.append([line(41)])
  await spool.drain((lines) => Promise.resolve(void taken.push(...sequencesOf(lines))))
  expect(taken.at(-1)).toBe(41)
  await spool.close()
  expect(readdirSync(folder)).toEqual([])
})

test('takes no more than its limit, and keeps what it has', async () => {
  const spool = new Spool('sink', { folder, limit: 500 })
  await spool.append([line(1), line(2)])
  await expect(spool.append([line(3), line(4)])).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  const taken: number[] = []
  await spool.drain((lines) => Promise.resolve(void taken.push(...sequencesOf(lines))))
  expect(taken).toEqual([1, 2])
  await spool.close()
})

test('is for its owner alone', async () => {
  const spool = new Spool('sink', { folder, limit: 500 })
  await spool.append([line(1)])
  const [name = ''] = readdirSync(folder)
  expect([statSync(folder).mode & 0o777, statSync(join(folder, name)).mode & 0o777]).toEqual([0o700, 0o600])
  await spool.close()
  expect(readFileSync(join(folder, name), 'utf8')).toBe(`${printLine(line(1))}\n`)
})

test('gives back what a killed process left, without the line that it did not finish', async () => {
  const spool = new Spool('sink', { folder, limit: 500 })
  const left = `${printLine(line(1))}\n${printLine(line(2))}\n`
  // No process has this id: it is beyond what a system gives.
  writeFileSync(join(folder, 'sink.99999999.aa.jsonl'), left + printLine(line(3)).slice(0, -5))
  writeFileSync(join(folder, 'other.99999999.aa.jsonl'), left)
  const taken: number[] = []
  await expect(spool.drainLeftovers(() => Promise.reject(new Error('away')))).rejects.toThrow('away')
  await spool.drainLeftovers((lines) => Promise.resolve(void taken.push(...sequencesOf(lines))))
  expect(taken).toEqual([1, 2])
  expect(readdirSync(folder)).toEqual(['other.99999999.aa.jsonl'])
  await spool.close()
})
