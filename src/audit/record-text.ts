import type { AuditEntry, AuditOutcome, AuditSource } from './event.ts'
import type { RecordPlace } from './identities.ts'

/** A record as it is stored: what identifies nobody in clear, the rest sealed. */
export interface RecordContent extends RecordPlace {
  readonly at: string
  readonly request: string | null
  readonly tenant: string
  readonly viewerKind: AuditSource['viewerKind']
  readonly operation: string | null
  readonly purpose: string | null
  readonly events: readonly {
    readonly coordinate: string
    readonly outcome: AuditOutcome
  }[]
  /** Base64; null when it could not be sealed, as after the tenant's key was destroyed. The answer did not leave then. */
  readonly sealed: string | null
}

/** The text whose UTF-8 is what the chain is over. Nobody makes it twice: what is stored is what was chained. */
export function printRecord(entry: AuditEntry, place: RecordPlace, sealed: Buffer | null): string {
  const { at, requestId, tenant, viewerKind, operation, purpose, events } = entry
  const content: { v: 1 } & RecordContent = {
    v: 1,
    chain: place.chain,
    sequence: place.sequence,
    at: at.toISOString(),
    request: requestId,
    tenant,
    viewerKind,
    operation,
    purpose,
    events: events.map(({ coordinate, outcome }) => ({ coordinate, outcome })),
    sealed: sealed?.toString('base64') ?? null,
  }
  return JSON.stringify(content)
}

/** Undefined for a text that is no record of this version. */
export function readRecord(text: string): RecordContent | undefined {
  try {
    const content = JSON.parse(text) as Readonly<Record<string, unknown>> | null
    if (content?.v !== 1 || !Number.isSafeInteger(content.sequence) || !isEvents(content.events))
      return undefined
    const texts = [content.chain, content.at, content.tenant, content.sealed ?? '']
    return texts.every((part) => typeof part === 'string') ? (content as unknown as RecordContent) : undefined
  } catch {
    return undefined
  }
}

function isEvents(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  return (value as readonly unknown[]).every((event) => {
    const { coordinate, outcome } = (event ?? {}) as Readonly<Record<string, unknown>>
    return typeof coordinate === 'string' && typeof outcome === 'string'
  })
}
