import { styleText } from 'node:util'

import type { Anchor } from '../../audit/anchor.ts'
import { readFileArchive } from '../../audit/file-archive.ts'
import { type Finding, findingKinds } from '../../audit/verify/finding.ts'
import { type AuditReport, type ChainReport, verifyArchive } from '../../audit/verify/verify-archive.ts'
import { GatewayError } from '../../errors.ts'
import type { AuditCommandOptions } from '../audit.ts'
import { renderTable } from '../table.ts'
import { existing, type OpenLog } from './open-log.ts'

export async function verify(
  { archive, keyRing }: OpenLog,
  { anchors: file, json = false }: AuditCommandOptions,
): Promise<void> {
  const anchors = file === undefined ? [] : await readAnchors(file)
  const report = await verifyArchive(archive, keyRing, anchors)
  const whole = report.findings.length === 0
  process.stdout.write(
    json ? `${JSON.stringify({ whole, ...report })}\n` : `\n${printReport(report, anchors.length)}\n\n`,
  )
  if (!whole) process.exitCode = 1
}

/** @throws CONFIGURATION_INVALID when there is none in it: a check against nothing would say too much */
async function readAnchors(path: string): Promise<readonly Anchor[]> {
  const anchors = await (await readFileArchive(existing(path))).anchors()
  if (anchors.length > 0) return anchors
  throw new GatewayError('CONFIGURATION_INVALID', { message: `There are no anchors in ${path}.` })
}

const states = {
  closed: 'closed',
  ended: 'ended without warning, where others wrote down',
  open: 'open: it is being written',
  'not closed': 'not closed: writer ended without warning',
} as const satisfies Record<ChainReport['state'], string>

function printReport({ chains, findings, anchors }: AuditReport, given: number): string {
  const rows = chains.map((report) => [
    report.findings.length === 0 ? styleText('green', 'whole') : styleText('red', 'not whole'),
    report.chain,
    String(report.records),
    states[report.state],
  ])
  const found = findings.map((finding) => `  ${styleText('red', 'finding')}  ${describeFinding(finding)}`)
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  const proved = `  ${findings.length === 0 ? 'Nothing was changed' : count}, by ${anchors} anchors, ${given} of them from the file.`
  return [renderTable(['', 'chain', 'records', 'state'], rows), '', ...found, proved].join('\n')
}

export function describeFinding({ kind, chain, from, to, detail }: Finding): string {
  const records =
    from === undefined ? '' : ` record${from === to ? ` ${from}` : `s ${from} to ${to ?? from}`}`
  const where = detail === undefined ? '' : ` (${detail})`
  return `${kind}: ${chain}${records} ${findingKinds[kind]}${where}`
}
