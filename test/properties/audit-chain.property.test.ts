import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import type { FoundRecord } from '../../src/audit/archive.ts'
import type { Finding, FindingKind } from '../../src/audit/verify/finding.ts'
import { verifyArchive } from '../../src/audit/verify/verify-archive.ts'
import type { KeyRing } from '../../src/crypto/key-ring.ts'
import { createTestKeyRing, MemoryAudit, writeChain } from '../support/memory-audit.ts'

const count = 12

let ring: KeyRing
let written: MemoryAudit
let chain: string
let other: string

beforeAll(async () => {
  ring = createTestKeyRing()
  written = new MemoryAudit()
  chain = await writeChain(ring, written, count)
  other = await writeChain(ring, written, count)
})

async function findAfter(
  change: (audit: MemoryAudit, own: FoundRecord[]) => FoundRecord[],
): Promise<readonly Finding[]> {
  const audit = written.copy()
  const own = audit.records.filter((record) => record.chain === chain)
  const rest = audit.records.filter((record) => record.chain !== chain)
  audit.records = [...rest, ...change(audit, own)]
  return (await verifyArchive(audit.archive, ring)).findings
}

function has(findings: readonly Finding[], kind: FindingKind, sequence?: number): boolean {
  return findings.some(
    ({ kind: found, chain: where, from = 0, to = from }) =>
      found === kind && where === chain && (sequence === undefined || (from <= sequence && sequence <= to)),
  )
}

const place = fc.integer({ min: 1, max: count })
const flip = (bytes: Buffer, at: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ 1
  return changed
}

describe('in a chain of records', () => {
  test('nothing is found where nothing was changed', async () => {
    const report = await verifyArchive(written.archive, ring)
    expect(report.findings).toEqual([])
    expect(report.chains.map(({ state, records }) => ({ state, records }))).toEqual([
      { state: 'closed', records: count },
      { state: 'closed', records: count },
    ])
  })

  test('any changed character of a record is found, where it is', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat(), async (sequence, at) => {
        const findings = await findAfter((_audit, own) =>
          own.map((record) =>
            record.sequence === sequence
              ? { ...record, text: flip(Buffer.from(record.text), at).toString() }
              : record,
          ),
        )
        expect(has(findings, 'edited', sequence) || has(findings, 'reordered', sequence)).toBe(true)
        expect(findings.every(({ from, to }) => from === sequence && to === sequence)).toBe(true)
      }),
    )
  })

  test('any changed bit of an HMAC is found', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat({ max: 31 }), async (sequence, at) => {
        const findings = await findAfter((_audit, own) =>
          own.map((record) =>
            record.sequence === sequence ? { ...record, hmac: flip(record.hmac, at) } : record,
          ),
        )
        expect(findings).toMatchObject([{ kind: 'edited', from: sequence, to: sequence }])
      }),
    )
  })

  test('any deleted run is found: as gone, or as gone from the end', async () => {
    await fc.assert(
      fc.asyncProperty(place, place, async (one, two) => {
        const [from, to] = [Math.min(one, two), Math.max(one, two)]
        const findings = await findAfter((_audit, own) =>
          own.filter(({ sequence }) => sequence < from || sequence > to),
        )
        expect(findings).toContainEqual(
          expect.objectContaining({ kind: to === count ? 'truncated' : 'deleted', chain, from, to }),
        )
      }),
    )
  })

  test('a truncation that hides the end in the registry is found by the anchor', async () => {
    await fc.assert(
      fc.asyncProperty(place, async (from) => {
        const findings = await findAfter((audit, own) => {
          audit.closings = audit.closings.filter((closing) => closing.chain !== chain)
          return own.filter(({ sequence }) => sequence < from)
        })
        expect(findings).toMatchObject([{ kind: 'truncated', chain, from, to: count }])
      }),
    )
  })

  test('two records that change places are found, both of them and no other', async () => {
    await fc.assert(
      fc.asyncProperty(place, place, async (one, two) => {
        fc.pre(one !== two)
        const findings = await findAfter((_audit, own) =>
          own.map((record): FoundRecord => {
            const swapped = record.sequence === one ? two : record.sequence === two ? one : undefined
            const twin = own.find(({ sequence }) => sequence === swapped)
            return twin === undefined ? record : { ...twin, sequence: record.sequence, place: record.place }
          }),
        )
        expect([has(findings, 'reordered', one), has(findings, 'reordered', two)]).toEqual([true, true])
        expect(findings.every(({ kind }) => kind === 'reordered')).toBe(true)
      }),
    )
  })

  test('an inserted record is found, wherever it is pushed in and whichever it is copied from', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: count + 1 }),
        place,
        fc.boolean(),
        async (at, from, foreign) => {
          const findings = await findAfter((audit, own) => {
            const copied = audit.records.find(
              (record) => record.chain === (foreign ? other : chain) && record.sequence === from,
            )
            if (copied === undefined) throw new TypeError('no record')
            const pushed = own.map((record) =>
              record.sequence >= at ? { ...record, sequence: record.sequence + 1 } : record,
            )
            return [...pushed, { ...copied, chain, sequence: at }]
          })
          expect(findings.length).toBeGreaterThan(0)
          expect(findings.every((finding) => finding.chain === chain)).toBe(true)
        },
      ),
    )
  })

  test('a removed chain is found by its anchor, with records or without', async () => {
    for (const withRecords of [true, false]) {
      const findings = await findAfter((audit, own) => {
        audit.openings = audit.openings.filter((opening) => opening.chain !== chain)
        return withRecords ? own : []
      })
      expect(findings).toEqual([{ kind: withRecords ? 'missing opening' : 'missing chain', chain }])
    }
  })

  test('what the registry says of beginning and end cannot be changed', async () => {
    const opening = await findAfter((audit, own) => {
      audit.openings = audit.openings.map((one) => (one.chain === chain ? { ...one, at: 'x' } : one))
      return own
    })
    expect(has(opening, 'edited opening')).toBe(true)
    const closing = await findAfter((audit, own) => {
      audit.closings = audit.closings.map((one) =>
        one.chain === chain ? { ...one, head: { ...one.head, sequence: count - 1 } } : one,
      )
      return own.filter(({ sequence }) => sequence < count)
    })
    expect(has(closing, 'edited closing')).toBe(true)
    expect(has(closing, 'truncated', count)).toBe(true)
  })

  test('an anchor cannot be made to say something else', async () => {
    const findings = await findAfter((audit, own) => {
      audit.anchored = audit.anchored.map((anchor) => ({
        ...anchor,
        heads: anchor.heads.map((head) => ({ ...head, sequence: head.sequence - 1 })),
      }))
      return own
    })
    expect(findings.map(({ kind }) => kind)).toEqual(['edited anchor', 'edited anchor'])
  })

  test('a chain whose writer was killed is no finding', async () => {
    const audit = new MemoryAudit()
    await writeChain(ring, audit, 3, 'kill')
    const report = await verifyArchive(audit.archive, ring)
    expect(report.findings).toEqual([])
    expect(report.chains[0]?.state).toBe('not closed')
  })
})
