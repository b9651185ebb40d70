import { countDataKeys, type DataKeyCount } from './count-data-keys.ts'
import type { Kek } from '../crypto/key-provider.ts'
import type { JobTools } from './job-handler.ts'
import { type KekSurvey, surveyKeks } from './survey-keks.ts'
import { Reading } from './reading.ts'

/** How the keys of the installation are: read from the key service once a minute at most, and from every key row once an hour. */
export interface KeyStatistics {
  readonly keks: Reading<readonly KekSurvey[]>
  readonly dataKeys: Reading<readonly DataKeyCount[]>
}

export function createKeyStatistics(
  keks: readonly Kek[],
  tools: JobTools,
  onFailure: (error: unknown) => void,
): KeyStatistics {
  return {
    keks: new Reading({ read: () => surveyKeks(keks, tools), freshMs: 60_000, onFailure }),
    dataKeys: new Reading({ read: () => countDataKeys(tools), freshMs: 3_600_000, onFailure }),
  }
}
