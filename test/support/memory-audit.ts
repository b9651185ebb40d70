import { AuditLog } from '../../src/audit/audit-log.ts'
import type { AuditArchive, FoundRecord } from '../../src/audit/archive.ts'
import type { AuditEntry } from '../../src/audit/event.ts'
import type { AuditLine, ChainClosing, ChainOpening } from '../../src/audit/line.ts'
import type { Anchor } from '../../src/audit/anchor.ts'
import type { AuditSink } from '../../src/audit/sink.ts'
import { KeyRing } from '../../src/crypto/key-ring.ts'
import { FakeKeyProvider } from './fake-key-provider.ts'
import { MemoryKeyStore } from './memory-key-store.ts'

/** The sink and archive ports over arrays, for tests that change what is stored. */
export class MemoryAudit implements AuditSink {
  readonly name = 'memory'
  openings: ChainOpening[] = []
  closings: ChainClosing[] = []
  records: FoundRecord[] = []
  anchored: Anchor[] = []

  write(lines: readonly AuditLine[]): Promise<void> {
    for (const line of lines) {
      if (line.kind === 'opening') this.openings.push(line)
      if (line.kind === 'closing') this.closings.push(line)
      if (line.kind === 'record') this.records.push({ ...line, place: `record ${line.sequence}` })
    }
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  get archive(): AuditArchive {
    const names = new Set([...this.openings, ...this.records].map(({ chain }) => chain))
    return {
      anchors: () => Promise.resolve(this.anchored),
      chains: () =>
        Promise.resolve(
          [...names].map((chain) => ({
            chain,
            opening: this.openings.find((opening) => opening.chain === chain),
            closing: this.closings.find((closing) => closing.chain === chain),
            seenAt: undefined,
          })),
        ),
      records: async function* (this: MemoryAudit, chain: string) {
        await Promise.resolve()
        const own = this.records.filter((record) => record.chain === chain)
        yield* own.sort((one, other) => one.sequence - other.sequence)
      }.bind(this),
    }
  }

  copy(): MemoryAudit {
    const copied = new MemoryAudit()
    copied.openings = [...this.openings]
    copied.closings = [...this.closings]
    copied.records = [...this.records]
    copied.anchored = [...this.anchored]
    return copied
  }
}

export function createTestKeyRing(): KeyRing {
  return new KeyRing({ store: new MemoryKeyStore(), provider: new FakeKeyProvider() })
}

export function entryOf(id: string, change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: new Date(),
    requestId: `request-${id}`,
    tenant: 'acme',
    viewer: 'viewer-1',
    viewerKind: 'user',
    operation: null,
    purpose: null,
    events: [
      { coordinate: 'Customer.email', outcome: 'clear', documents: [{ id, subject: `subject-${id}` }] },
    ],
    ...change,
  }
}

/** A log with a chain of so many records. */
export async function writeChain(
  ring: KeyRing,
  audit: MemoryAudit,
  count: number,
  end: 'close' | 'kill' = 'close',
): Promise<string> {
  const log = new AuditLog({ ring, instance: 'test', outlets: [{ sink: audit }], onChange: () => undefined })
  for (let number = 1; number <= count; number += 1) await log.append(entryOf(String(number)))
  const { chain, durableHead } = log
  if (chain === undefined || durableHead === undefined) throw new TypeError('no chain')
  audit.anchored.push(chain.anchor([durableHead]))
  if (end === 'close') await log.close(() => Promise.resolve())
  return chain.opening.chain
}
