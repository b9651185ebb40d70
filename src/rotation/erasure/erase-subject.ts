import type { AuditedDocument } from '../../audit/event.ts'
import type { KeyRow, StoredKey } from '../../crypto/key-store.ts'
import { holderId, type KeyHolder } from '../../crypto/key-tuple.ts'
import { stateBoundMs } from '../../crypto/state-bound.ts'
import type { JobHandler, JobOutcome, JobTools } from '../job-handler.ts'
import type { JobRun } from '../job-run.ts'
import { kekName } from '../kek-name.ts'
import { recordKeyEvent } from '../key-event.ts'
import { scanPages } from '../scan-pages.ts'
import { eraseDocuments } from './erase-documents.ts'
import { erasureOf, type ErasureTools } from './erasure-tools.ts'
import type { ReceiptKey } from './receipt-key.ts'
import { composeReceipt } from './receipt.ts'
import { type ErasableDocument, isLeft } from './subject-collection.ts'
import { describeSurvey, type SubjectSurvey, surveySubject } from './survey-subject.ts'
import { trimDate } from './trim-date.ts'

interface Checkpoint {
  /** What there was, looked at when nobody could write any more; absent before. */
  readonly survey?: SubjectSurvey
  /** The KEKs of the keys that are destroyed, by name, and how many keys these are. */
  readonly keks?: readonly string[]
  readonly dataKeys?: number
}

type EraseJob = Parameters<JobHandler<'erase'>>[0]

/** Rounds of erasing and looking again, each because somebody wrote meanwhile. */
const maxRounds = 10

const pageSize = 200

/**
 * The end of a subject: its keys take and open nothing any more, every process learns of it, what is stored is redacted or
 * deleted, the keys are destroyed, and a last look finds nothing. Then a receipt says so. Without `apply` it only counts.
 */
export const eraseSubject: JobHandler<'erase'> = async (job, run, tools) => {
  const erasure = erasureOf(tools)
  const { tenant, subject, apply } = job.parameters
  if (!apply) {
    const survey = await surveySubject(erasure.collections, tenant, subject)
    return { findings: describeSurvey(survey, false) }
  }
  const { ledger, receiptKey } = erasure
  if (receiptKey === undefined) {
    return {
      findings: [],
      failure: 'Nobody is erased without a receipt, and its key is of the audit log, which is off.',
    }
  }
  const known = await ledger.find(tenant, subject)
  const signed = known?.receipts.find((receipt) => receipt.job === job.id)
  let checkpoint = (run.progress?.checkpoint ?? {}) as Checkpoint
  if (signed !== undefined) return outcomeOf(checkpoint)
  const now = tools.now ?? Date.now
  const holder: KeyHolder = { tenant, scope: 'SUBJECT', scopeId: subject }
  const entry = await ledger.begin(tenant, subject, new Date(now()))
  if (checkpoint.survey === undefined) {
    await closeSubject(holder, run, tools)
    checkpoint = await survey(job, tools)
    await save(run, checkpoint, 'erase', 0, 'now')
  }
  const failure = await eraseAll(job, checkpoint, run, tools)
  if (failure !== undefined) return { findings: [], failure }
  const erasedAt = await ledger.complete(tenant, subject, new Date(now()))
  await issueReceipt(job, { ...checkpoint, closedAt: entry.startedAt, erasedAt }, receiptKey, tools)
  return outcomeOf(checkpoint)
}

/** Nobody writes for the subject, or reads by its keys, when this resolves. */
async function closeSubject(holder: KeyHolder, run: JobRun, tools: JobTools): Promise<void> {
  const { keyStore } = tools
  await keyStore.closeRow(holder)
  await keyStore.advanceEpoch()
  const bound = erasureOf(tools).boundMs ?? stateBoundMs
  const until = performance.now() + bound
  // In full, also when another process has waited before: no clocks of two machines are compared.
  for (let rest = bound; rest > 0; rest = until - performance.now()) {
    await save(run, {}, 'wait', Math.floor((bound - rest) / 1_000), 'when due', Math.ceil(bound / 1_000))
    await run.pause(Math.min(rest, 1_000))
  }
}

async function survey({ parameters }: EraseJob, tools: JobTools): Promise<Checkpoint> {
  const { keyStore } = tools
  const { tenant, subject } = parameters
  const keys: StoredKey[] = []
  const collect = async (holders: readonly KeyHolder[]): Promise<void> => {
    const rows = await keyStore.find(holders.map(holderId))
    keys.push(...rows.flatMap(livingKeys))
  }
  await collect([{ tenant, scope: 'SUBJECT', scopeId: subject }])
  const found = await surveySubject(erasureOf(tools).collections, tenant, subject, async (page) => {
    const holders = page.flatMap((document) => document.holders)
    if (holders.length > 0) await collect(holders)
  })
  return { survey: found, keks: [...new Set(keys.map(kekName))], dataKeys: keys.length }
}

/** @returns why it could not be done */
async function eraseAll(
  job: EraseJob,
  checkpoint: Checkpoint,
  run: JobRun,
  tools: JobTools,
): Promise<string | undefined> {
  const { keyStore, audit, now = Date.now } = tools
  const erasure = erasureOf(tools)
  const { tenant, subject } = job.parameters
  const holder: KeyHolder = { tenant, scope: 'SUBJECT', scopeId: subject }
  const context = { keyStore, audit, job, at: new Date(now()) }
  const total = checkpoint.survey?.types.reduce((sum, { documents }) => sum + documents, 0) ?? 0
  for (let round = 0; round < maxRounds; round += 1) {
    let erased = 0
    await forEachLeft(erasure, tenant, subject, async (page, collection) => {
      erased += await eraseDocuments(collection, page, context)
      await save(run, checkpoint, 'erase', erased, 'when due', total)
    })
    await destroyKeys(job, holder, tools)
    let left = 0
    await forEachLeft(erasure, tenant, subject, (page) => {
      left += page.length
      return Promise.resolve()
    })
    if (left === 0) return undefined
    if (erased === 0) return `${left} documents could not be erased. The keys are destroyed.`
  }
  return 'Somebody goes on writing for this subject. The keys are destroyed.'
}

async function forEachLeft(
  { collections }: ErasureTools,
  tenant: string,
  subject: string,
  work: (page: readonly ErasableDocument[], collection: ErasureTools['collections'][number]) => Promise<void>,
): Promise<void> {
  for (const collection of collections) {
    await scanPages({
      read: (after, limit) => collection.read(tenant, subject, after, limit),
      nameOf: ({ id }) => id,
      pageSize,
      work: (page) => Promise.resolve(page.filter((document) => isLeft(collection, document))),
      done: (left) => work(left, collection),
    })
  }
}

async function destroyKeys(job: EraseJob, holder: KeyHolder, { keyStore, audit }: JobTools): Promise<void> {
  const keys = (await keyStore.find([holderId(holder)])).flatMap(livingKeys)
  for (const kek of new Map(keys.map((key) => [kekName(key), key])).values()) {
    const ofKek = keys.filter((key) => kekName(key) === kekName(kek))
    const ids = ofKek.map(({ keyId }): AuditedDocument => ({
      id: keyId.toString('hex'),
      subject: holder.scopeId,
    }))
    await recordKeyEvent(audit, job, 'erased', [kek], ids)
  }
  await keyStore.destroyRow(holder)
  await keyStore.advanceEpoch()
}

function livingKeys({ keys }: KeyRow): readonly StoredKey[] {
  return keys.filter(({ wrapped }) => wrapped.length > 0)
}

async function issueReceipt(
  { id, parameters: { tenant, subject } }: EraseJob,
  facts: Checkpoint & { readonly closedAt: Date; readonly erasedAt: Date },
  key: ReceiptKey,
  tools: JobTools,
): Promise<void> {
  const { survey: found = { types: [], confirmable: [], shared: [], clear: [] }, keks = [] } = facts
  const receipt = composeReceipt({
    ...facts,
    id,
    tenant,
    subject,
    survey: found,
    dataKeysDestroyed: facts.dataKeys ?? 0,
    trimmedAt: await trimDate(keks, tools),
    backups: erasureOf(tools).backups,
    now: new Date(tools.now?.() ?? Date.now()),
  })
  await erasureOf(tools).ledger.addReceipt(tenant, subject, { job: id, text: await key.sign(receipt) })
}

function outcomeOf({ survey: found, dataKeys = 0 }: Checkpoint): JobOutcome {
  const counted = found === undefined ? [] : describeSurvey(found, true)
  return { findings: [...counted, `${dataKeys} data keys destroyed`, '0 documents left'] }
}

function save(
  run: JobRun,
  checkpoint: Checkpoint,
  phase: string,
  at: number,
  when: 'now' | 'when due',
  total = at,
): Promise<void> {
  return run.save({ checkpoint: { ...checkpoint }, counters: {}, phase, at, total }, when)
}
