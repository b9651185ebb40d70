import type { Kek } from '../crypto/key-provider.ts'
import type { KeyScope } from '../crypto/key-tuple.ts'
import type { RetentionRule } from './erasure/retain-documents.ts'

/** What each kind of job is told. Three of the words are never one: see `docs/decisions`. */
export interface JobParameters {
  /** A new version of each KEK. */
  readonly rotate: {
    readonly keks: readonly Kek[]
    /** Leaves out those whose newest version is not due for a successor when the job comes to them. */
    readonly onlyDue?: boolean
  }
  /** Data keys under the newest version of their KEK. Values stay as they are. */
  readonly rewrap: {
    readonly keks: readonly Kek[]
    /** The name of the key service that shall wrap them; absent: that of whoever runs the job. */
    readonly keyService?: string
  }
  /** Values under the current data keys, for keys of these types. */
  readonly reencrypt: {
    readonly keyTypes: readonly string[]
    /** Where else the keys of values may lie that were written before the schema changed. */
    readonly formerScope?: KeyScope
    readonly formerKeyType?: string
  }
  /** Index terms under new keys, for keys of these types. */
  readonly reindex: {
    readonly keyTypes: readonly string[]
    /** Only where a key is compromised or disabled, past its maximum age, or for another normaliser than the schema's. */
    readonly onlyDue?: boolean
  }
  /** The end of KEK versions that wrap nothing any more. */
  readonly cleanup: {
    readonly keks: readonly Kek[]
    /** False: only tells what would be destroyed. */
    readonly apply: boolean
    /** Before the days of grace are over; see {@link import('./trim-keks.ts').leastAgeMs}. */
    readonly ignoreGrace?: boolean
  }
  /** The end of a subject: what is stored about it, and its keys. */
  readonly erase: {
    readonly tenant: string
    readonly subject: string
    /** False: only tells what would be erased. */
    readonly apply: boolean
  }
  /** The end of documents that are older than their model allows. */
  readonly retain: {
    readonly rules: readonly RetentionRule[]
    /** False: only tells how many there are. */
    readonly apply: boolean
  }
}

export type JobKind = keyof JobParameters
export const jobKinds = [
  'rotate',
  'rewrap',
  'reencrypt',
  'reindex',
  'cleanup',
  'erase',
  'retain',
] as const satisfies readonly JobKind[]

/** `waiting` for a process that runs it, also when the last one was interrupted; `failed` is final, as is `done`. */
export type JobState = 'waiting' | 'done' | 'failed'

/**
 * Who runs a job. The owner beats: it raises `beat` from time to time. Whoever has seen the same beat for a whole lease,
 * by a clock of its own that never goes back, may take the job over; no clocks of two machines are compared.
 */
export interface JobLease {
  readonly owner: string
  readonly beat: number
}

/** How far a job is. Plain data. */
export interface JobProgress {
  /** Where it goes on after an interruption; only its kind knows how it looks. */
  readonly checkpoint: Readonly<Record<string, unknown>>
  /** By name, such as `rewrapped`. */
  readonly counters: Readonly<Record<string, number>>
  /** Of the present phase: how many were looked at, of how many, about. */
  readonly phase: string
  readonly at: number
  readonly total: number
}

interface JobOf<Kind extends JobKind> {
  readonly id: string
  readonly kind: Kind
  readonly parameters: JobParameters[Kind]
  /** `cli`, `schedule`, or the id of a viewer. */
  readonly startedBy: string
  readonly createdAt: Date
  readonly state: JobState
  readonly lease: JobLease | undefined
  readonly progress: JobProgress | undefined
  /** Of a job that is done: what it found or made, as lines for people. */
  readonly findings: readonly string[]
  /** Why it failed, or was last interrupted. Never a value or a key. */
  readonly failure: string | undefined
  readonly endedAt: Date | undefined
}

/** Narrows by `kind`. */
export type Job = { readonly [Kind in JobKind]: JobOf<Kind> }[JobKind]

/** What a new job begins with. */
export type NewJob = {
  readonly [Kind in JobKind]: Pick<JobOf<Kind>, 'id' | 'kind' | 'parameters' | 'startedBy' | 'createdAt'>
}[JobKind]

export type JobChange = Partial<Pick<Job, 'state' | 'progress' | 'findings' | 'failure' | 'endedAt'>>

/** Where jobs are kept, for all processes of an installation. What a write returns is durable. */
export interface JobStore {
  /** Returns whether the id was free. */
  insert(job: NewJob): Promise<boolean>
  find(id: string): Promise<Job | undefined>
  /** The newest first. */
  list(filter: { readonly waiting?: boolean; readonly limit: number }): Promise<Job[]>
  /**
   * Compares and sets, where the lease is still the given one.
   *
   * @param to - the lease from now on; undefined: nobody's.
   * @returns whether it was.
   */
  change(
    id: string,
    from: JobLease | undefined,
    to: JobLease | undefined,
    change: JobChange,
  ): Promise<boolean>
}
