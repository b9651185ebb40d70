import { styleText } from 'node:util'

import type { Job } from '../../rotation/job.ts'
import type { KeysOptions } from '../keys.ts'
import { renderTable } from '../table.ts'
import { withKeys } from './open-keys.ts'

const shown = 50

export function jobs(options: KeysOptions): Promise<void> {
  return withKeys(options, async ({ storage }) => {
    const found = await storage.jobStore.list({ limit: shown })
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ jobs: found })}\n` : `\n${printJobs(found)}\n\n`,
    )
  })
}

const colours = { waiting: 'yellow', done: 'green', failed: 'red' } as const

function printJobs(found: readonly Job[]): string {
  if (found.length === 0) return '  No job was ever started.'
  const rows = found.map(({ id, kind, state, startedBy, createdAt, progress, failure }) => [
    createdAt.toISOString().slice(0, 19).replace('T', ' '),
    kind,
    styleText(colours[state], state),
    progress === undefined ? '' : `${progress.phase} ${progress.at} of ${progress.total}`,
    startedBy,
    failure ?? id,
  ])
  return renderTable(['started', 'job', 'state', 'progress', 'by', 'id, or failure'], rows)
}
