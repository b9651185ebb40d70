import { existsSync, writeFileSync } from 'node:fs'

import { GatewayError } from '../../errors.ts'
import type { ErasureEntry } from '../../rotation/erasure/erasure-ledger.ts'
import { erasureOf } from '../../rotation/erasure/erasure-tools.ts'
import { type SubjectSurvey, surveySubject } from '../../rotation/erasure/survey-subject.ts'
import type { EraseAction, EraseOptions } from '../erase.ts'
import { type OpenKeys, withKeys } from '../keys/open-keys.ts'
import { stayWithJob } from '../keys/run-key-job.ts'
import { printable } from '../printable.ts'
import { renderTable } from '../table.ts'
import { printKey, verify } from './verify.ts'

export function erase(action: EraseAction, file: string | undefined, options: EraseOptions): Promise<void> {
  if (action === 'verify') return verify(file, options)
  if (action === 'key') return printKey(options)
  const { subject, receipt } = options
  if (subject === undefined) throw refused('Say who is erased: --subject.')
  if (receipt !== undefined && existsSync(receipt)) throw refused(`The file ${receipt} is there already.`)
  return withKeys(options, (keys) => {
    const named = { tenant: options.tenant ?? keys.defaultTenant, subject }
    return options.yes === true ? apply(named, keys, options) : show(named, keys, options)
  })
}

interface Named {
  readonly tenant: string
  readonly subject: string
}

async function show({ tenant, subject }: Named, { tools }: OpenKeys, { json }: EraseOptions): Promise<void> {
  const { collections, ledger } = erasureOf(tools)
  const survey = await surveySubject(collections, tenant, subject)
  const entry = await ledger.find(tenant, subject)
  const before = entry && { startedAt: entry.startedAt, erasedAt: entry.erasedAt ?? null }
  const receipts = entry?.receipts.map(({ text }) => text)
  const known = entry === undefined ? '' : `  ${printEntry(entry)}\n`
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ tenant, subject, erased: false, types: survey.types, before, receipts })}\n`
      : `\n${printSurvey(survey)}\n\n${known}  Nothing was changed. With --yes, ${printable(subject)} of ${printable(tenant)} is erased for ever.\n\n`,
  )
}

function printEntry({ startedAt, erasedAt, receipts }: ErasureEntry): string {
  const day = (erasedAt ?? startedAt).toISOString().slice(0, 10)
  if (erasedAt === undefined) return `An erasure began on ${day}, and has not ended.`
  return `Erased on ${day}; --json shows ${receipts.length} receipts.`
}

function printSurvey({ types, clear, shared }: SubjectSurvey): string {
  const rows = types.map(({ type, mode, documents, values }) => {
    const total = values.reduce((sum, { count }) => sum + count, 0)
    const named = values.map(({ field }) => field).join(', ')
    return [type, String(documents), mode === 'DELETE' ? 'deleted' : 'redacted', String(total), named]
  })
  const note = (what: readonly string[], text: string): string =>
    what.length === 0 ? '' : `\n\n  ${text}: ${what.join(', ')}`
  return [
    renderTable(['type', 'documents', 'are', 'values', 'of'], rows),
    note(clear, 'Stored in clear, so that backups of the documents keep copies'),
    note(shared, 'Under keys that others share, so that backups of the documents keep copies that open'),
  ].join('')
}

async function apply(named: Named, keys: OpenKeys, { json, receipt: file }: EraseOptions): Promise<void> {
  const { ledger } = erasureOf(keys.tools)
  const { id, state, findings, failure } = await stayWithJob(keys, 'erase', { ...named, apply: true })
  const entry = await ledger.find(named.tenant, named.subject)
  const receipt = entry?.receipts.find(({ job }) => job === id)?.text
  if (receipt !== undefined && file !== undefined)
    writeFileSync(file, `${receipt}\n`, { flag: 'wx', mode: 0o600 })
  const lines = [...findings, ...(failure === undefined ? [] : [failure])].map((line) => `  ${line}`)
  const shown =
    receipt === undefined ? '' : `\n${file === undefined ? receipt : `  The receipt is in ${file}.`}\n`
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ ...named, erased: state === 'done', job: id, findings, failure, receipt })}\n`
      : `\n${lines.join('\n')}\n${shown}\n`,
  )
  if (state !== 'done') process.exitCode = 1
}

function refused(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
