import { dayMs } from '../../crypto/kek-age.ts'
import type { BackupDays } from './erasure-tools.ts'
import type { SubjectSurvey } from './survey-subject.ts'

/** What a receipt says where an installation has not said how long it keeps its backups. */
export const notStated = 'not stated by this installation'

/** A day, as `2027-03-01`, or {@link notStated}. */
export type StatedDate = string

/** What was erased, and what is left elsewhere. Signed, it is a receipt: `docs/operations.md` says how to read it. */
export interface ErasureReceipt {
  readonly version: 1
  /** Of the job. */
  readonly id: string
  readonly tenant: string
  readonly subject: string
  /** When its keys closed, which every gateway knew 15 seconds later; and when they were destroyed for the first time. */
  readonly closedAt: string
  readonly erasedAt: string
  readonly issuedAt: string
  /** What cannot be read through the gateway any more. */
  readonly types: SubjectSurvey['types']
  readonly dataKeysDestroyed: number
  /** Documents of the subject in which a last look found something. */
  readonly left: 0
  readonly backups: {
    /** By when nobody can open copies of values under keys that were destroyed. */
    readonly encryptedIrrecoverableBy: StatedDate
    /** By when the copies of what was stored in clear, or under keys that others share, are gone. */
    readonly otherIrrecoverableBy: StatedDate | null
    readonly copies: {
      readonly keysDatabaseUntil: StatedDate
      /** Until the version of the key service's keys that wrapped the keys is destroyed, and with its last snapshot. */
      readonly keyServiceUntil: StatedDate
      readonly documentsUntil: StatedDate
    }
  }
  /** What can still be confirmed or known, by whom and until when. */
  readonly remains: readonly string[]
}

export interface ReceiptFacts {
  readonly id: string
  readonly tenant: string
  readonly subject: string
  readonly closedAt: Date
  readonly erasedAt: Date
  readonly survey: SubjectSurvey
  readonly dataKeysDestroyed: number
  /** When the last KEK version will be trimmed that can unwrap a destroyed key; undefined when nobody can tell. */
  readonly trimmedAt: Date | undefined
  readonly backups: BackupDays
  readonly now: Date
}

export function composeReceipt(facts: ReceiptFacts): ErasureReceipt {
  const { id, tenant, subject, closedAt, erasedAt, survey, dataKeysDestroyed, trimmedAt, backups, now } =
    facts
  const keysDatabaseUntil = later(erasedAt, backups.keysDatabase)
  const keyServiceUntil = later(trimmedAt, backups.keyService)
  const documentsUntil = later(now, backups.documents)
  const known = [keysDatabaseUntil, keyServiceUntil].filter((date) => date !== undefined)
  const encrypted = known.sort()[0]
  const { confirmable, shared, clear } = survey
  const until = documentsUntil === undefined ? 'until these end' : `until ${documentsUntil}`
  const listed = (coordinates: readonly string[]): string => coordinates.join(', ')
  return {
    version: 1,
    id,
    tenant,
    subject,
    closedAt: closedAt.toISOString(),
    erasedAt: erasedAt.toISOString(),
    issuedAt: now.toISOString(),
    types: survey.types,
    dataKeysDestroyed,
    left: 0,
    backups: {
      encryptedIrrecoverableBy: encrypted ?? notStated,
      otherIrrecoverableBy: shared.length + clear.length === 0 ? null : (documentsUntil ?? notStated),
      copies: {
        keysDatabaseUntil: keysDatabaseUntil ?? notStated,
        keyServiceUntil: keyServiceUntil ?? notStated,
        documentsUntil: documentsUntil ?? notStated,
      },
    },
    remains: [
      ...(confirmable.length === 0
        ? []
        : [
            `Index terms of ${listed(confirmable)} in backups of the documents: whoever may use the INDEX key can confirm a guess, ${until}, or until that version of the INDEX key is destroyed.`,
          ]),
      ...(shared.length === 0
        ? []
        : [
            `Copies of ${listed(shared)} in backups of the documents, under keys that others share: ${until}.`,
          ]),
      ...(clear.length === 0
        ? []
        : [`Copies of ${listed(clear)} in backups of the documents, in clear: ${until}.`]),
      'The ids of the subject and of its documents: in redacted documents, key tombstones, the erasure ledger and this receipt.',
      'Records of the audit log about the subject: who and whose is encrypted under a key of the tenant, and the chain is unbroken.',
    ],
  }
}

function later(from: Date | undefined, days: number | undefined): StatedDate | undefined {
  if (from === undefined || days === undefined) return undefined
  // The next day at midnight, so that the day which is named has nothing any more.
  return new Date(from.getTime() + (days + 1) * dayMs).toISOString().slice(0, 10)
}
