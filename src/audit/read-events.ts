import type { KeyRing } from '../crypto/key-ring.ts'
import { keyIdOf } from '../crypto/ciphertext.ts'
import { GatewayError } from '../errors.ts'
import type { AuditArchive } from './archive.ts'
import type { AuditedDocument, AuditOutcome, AuditSource } from './event.ts'
import { identitiesKeyTuple, type Identities, openIdentities } from './identities.ts'
import { readRecord, type RecordContent } from './record-text.ts'

/** One event of the log, for people and tools. */
export interface ReadEvent {
  readonly at: string
  readonly chain: string
  readonly sequence: number
  readonly request: string | null
  readonly tenant: string
  readonly viewerKind: AuditSource['viewerKind']
  /** Undefined when the key of the tenant cannot be had, or the record does not decrypt. */
  readonly viewer: string | null | undefined
  readonly operation: string | null
  readonly purpose: string | null
  readonly coordinate: string
  readonly outcome: AuditOutcome
  readonly documents: readonly AuditedDocument[] | undefined
}

export interface EventFilter {
  /** Inclusive, as ISO 8601 text in UTC. */
  readonly since?: string | undefined
  /** Exclusive. */
  readonly until?: string | undefined
  /** A coordinate, or a type with all of its fields. */
  readonly coordinate?: string | undefined
  /** Whose data it was about: events that show other subjects are left out, and so are those whose subjects are unknown. */
  readonly subject?: string | undefined
}

/** Reads the events of all chains, one chain after the other. Does not prove them: that is for `verifyArchive`. */
export async function* readEvents(
  archive: AuditArchive,
  ring: KeyRing,
  filter: EventFilter = {},
): AsyncIterable<ReadEvent> {
  for (const { chain } of await archive.chains()) {
    for await (const { text } of archive.records(chain)) {
      const content = readRecord(text)
      if (content === undefined || !isWithin(content, filter)) continue
      const events = content.events.filter((event) => isAbout(event.coordinate, filter.coordinate))
      if (events.length === 0) continue
      const identities = await openRecord(content, ring)
      for (const event of content.events) {
        if (!events.includes(event)) continue
        const listed = identities?.documents[content.events.indexOf(event)]
        const documents =
          filter.subject === undefined ? listed : listed?.filter(({ subject }) => subject === filter.subject)
        if (filter.subject !== undefined && (documents ?? []).length === 0) continue
        const { at, sequence, request, tenant, viewerKind, operation, purpose } = content
        yield {
          ...{ at, chain, sequence, request, tenant, viewerKind, viewer: identities?.viewer },
          ...{ operation, purpose, coordinate: event.coordinate, outcome: event.outcome, documents },
        }
      }
    }
  }
}

function isWithin({ at }: RecordContent, { since, until }: EventFilter): boolean {
  return (since === undefined || at >= since) && (until === undefined || at < until)
}

function isAbout(coordinate: string, wanted: string | undefined): boolean {
  return wanted === undefined || coordinate === wanted || coordinate.startsWith(`${wanted}.`)
}

async function openRecord(content: RecordContent, ring: KeyRing): Promise<Identities | undefined> {
  const { tenant, sealed } = content
  if (sealed === null) return undefined
  const bytes = Buffer.from(sealed, 'base64')
  const keyId = keyIdOf(bytes)
  if (keyId === undefined) return undefined
  const tuple = identitiesKeyTuple(tenant)
  const lease = ring.openLease()
  try {
    await lease.collectForRead([{ tuple, keyId }])
    return openIdentities(lease.readKey(tuple, keyId), tenant, content, bytes)
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'KEY_UNAVAILABLE') return undefined
    throw error
  } finally {
    lease.release()
  }
}
