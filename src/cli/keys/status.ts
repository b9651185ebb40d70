import { styleText } from 'node:util'

import { dayMs, type KekAge } from '../../crypto/kek-age.ts'
import { countDataKeys, type DataKeyCount } from '../../rotation/count-data-keys.ts'
import { type KekSurvey, surveyKeks } from '../../rotation/survey-keks.ts'
import type { KeysOptions } from '../keys.ts'
import { renderTable } from '../table.ts'
import { withKeys } from './open-keys.ts'

export function status(options: KeysOptions): Promise<void> {
  return withKeys(options, async ({ keks, tools }) => {
    const [surveys, dataKeys] = await Promise.all([surveyKeks(keks, tools), countDataKeys(tools)])
    const described = surveys.map(describe)
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ keks: described, dataKeys })}\n`
        : `\n${printKeks(described)}\n\n${printDataKeys(dataKeys)}\n\n`,
    )
  })
}

interface DescribedKek {
  readonly keyType: string
  readonly purpose: string
  readonly newest: number
  readonly oldest: number
  readonly createdAt: Date | null
  readonly dueAt: Date | null
  readonly age: KekAge
  readonly automatic: boolean
}

function describe({
  kek,
  status: { newest, oldest, newestCreatedAt },
  age,
  dueAt,
  policy,
}: KekSurvey): DescribedKek {
  const times = { createdAt: newestCreatedAt ?? null, dueAt: dueAt ?? null }
  return { ...kek, newest, oldest, ...times, age, automatic: policy.automatic }
}

const colours: Readonly<Record<KekAge, 'green' | 'yellow' | 'red'>> = {
  CURRENT: 'green',
  DUE: 'yellow',
  EXPIRED: 'red',
  BLOCKED: 'red',
  UNKNOWN: 'yellow',
}

function printKeks(keks: readonly DescribedKek[]): string {
  const rows = keks.map(({ keyType, purpose, newest, oldest, createdAt, dueAt, age, automatic }) => [
    `${keyType} ${purpose}`,
    oldest === newest ? String(newest) : `${oldest}–${newest}`,
    createdAt === null ? 'unknown' : days(createdAt),
    styleText(colours[age], age.toLowerCase()),
    dueAt === null ? '' : dueAt.toISOString().slice(0, 10),
    automatic ? 'automatic' : 'by hand',
  ])
  return renderTable(['key', 'versions', 'age', 'state', 'due', 'rotation'], rows)
}

function printDataKeys(counts: readonly DataKeyCount[]): string {
  if (counts.length === 0) return '  There are no data keys yet.'
  const rows = counts.map(({ keyType, purpose, state, count, expired, oldest, kekVersions }) => [
    `${keyType} ${purpose}`,
    state === 'compromised' ? styleText('red', state) : state,
    String(count),
    expired === 0 ? '0' : styleText('yellow', String(expired)),
    days(oldest),
    Object.entries(kekVersions)
      .map(([version, keys]) => `${keys} under ${version}`)
      .join(', '),
  ])
  return renderTable(['data keys', 'state', 'number', 'expired', 'oldest', 'by version of the key'], rows)
}

function days(since: Date): string {
  return `${Math.floor((Date.now() - since.getTime()) / dayMs)} d`
}
