import { styleText } from 'node:util'

import { dayMs, type KekAge } from '../../crypto/kek-age.ts'
import { kekName } from '../../rotation/kek-name.ts'
import { type KekSurvey, surveyKeks } from '../../rotation/survey-keks.ts'
import type { KeysOptions } from '../keys.ts'
import { renderTable } from '../table.ts'
import { countByVersion } from './count-by-version.ts'
import { withKeys } from './open-keys.ts'

export function status(options: KeysOptions): Promise<void> {
  return withKeys(options, async ({ keks, storage, tools }) => {
    const [surveys, counts] = await Promise.all([
      surveyKeks(keks, tools),
      countByVersion(storage.keyStore, tools.provider),
    ])
    const described = surveys.map((survey) => describe(survey, counts.get(kekName(survey.kek)) ?? {}))
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ keks: described })}\n` : `\n${print(described)}\n\n`,
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
  /** Data keys by the KEK version that wraps them. */
  readonly dataKeys: Readonly<Record<string, number>>
}

function describe(
  { kek, status: { newest, oldest, newestCreatedAt }, age, dueAt, policy }: KekSurvey,
  dataKeys: Readonly<Record<string, number>>,
): DescribedKek {
  const times = { createdAt: newestCreatedAt ?? null, dueAt: dueAt ?? null }
  return { ...kek, newest, oldest, ...times, age, automatic: policy.automatic, dataKeys }
}

const colours: Readonly<Record<KekAge, 'green' | 'yellow' | 'red'>> = {
  CURRENT: 'green',
  DUE: 'yellow',
  EXPIRED: 'red',
  BLOCKED: 'red',
  UNKNOWN: 'yellow',
}

function print(keks: readonly DescribedKek[]): string {
  const rows = keks.map(
    ({ keyType, purpose, newest, oldest, createdAt, dueAt, age, automatic, dataKeys }) => [
      `${keyType} ${purpose}`,
      oldest === newest ? String(newest) : `${oldest}–${newest}`,
      createdAt === null ? 'unknown' : `${Math.floor((Date.now() - createdAt.getTime()) / dayMs)} d`,
      styleText(colours[age], age.toLowerCase()),
      dueAt === null ? '' : dueAt.toISOString().slice(0, 10),
      automatic ? 'automatic' : 'by hand',
      Object.entries(dataKeys)
        .map(([version, count]) => `${count} under ${version}`)
        .join(', '),
    ],
  )
  return renderTable(['key', 'versions', 'age', 'state', 'due', 'rotation', 'data keys by version'], rows)
}
