import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import type { Anchor } from './anchor.ts'
import type { AuditArchive, FoundChain, FoundRecord } from './archive.ts'
import type { ChainClosing, ChainOpening } from './line.ts'
import { parseLine } from './parse-line.ts'

interface ChainLines {
  opening: ChainOpening | undefined
  closing: ChainClosing | undefined
  readonly records: FoundRecord[]
}

/** The log in a file: of the file sink, or what was collected of standard output, among other lines. All of it is in memory. */
export async function readFileArchive(path: string): Promise<AuditArchive> {
  const chains = new Map<string, ChainLines>()
  const anchors: Anchor[] = []
  let number = 0
  for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    number += 1
    const line = parseLine(text)
    if (line?.kind === 'anchor') anchors.push(line)
    else if (line !== undefined) {
      const lines = chains.get(line.chain) ?? { opening: undefined, closing: undefined, records: [] }
      chains.set(line.chain, lines)
      if (line.kind === 'opening') lines.opening ??= line
      else if (line.kind === 'closing') lines.closing = line
      else lines.records.push({ ...line, place: `line ${number}` })
    }
  }
  const found = [...chains].map(([chain, { opening, closing }]): FoundChain => ({
    chain,
    opening,
    closing,
    seenAt: undefined,
  }))
  return {
    anchors: () => Promise.resolve(anchors),
    chains: () => Promise.resolve(found),
    records: async function* (chain) {
      await Promise.resolve()
      yield* inOrder(chains.get(chain)?.records ?? [])
    },
  }
}

/** A line that was written twice counts once. */
function inOrder(records: readonly FoundRecord[]): readonly FoundRecord[] {
  const seen = new Map<number, FoundRecord>()
  let last = 0
  const found = records.flatMap((record): FoundRecord[] => {
    const { sequence, text, hmac } = record
    const twin = seen.get(sequence)
    if (twin?.text === text && twin.hmac.equals(hmac)) return []
    seen.set(sequence, record)
    const misplaced = sequence < last
    last = Math.max(last, sequence)
    return [{ ...record, misplaced }]
  })
  return found.sort((one, other) => one.sequence - other.sequence)
}
