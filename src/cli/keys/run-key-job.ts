import type { JobKind, JobParameters } from '../../rotation/job.ts'
import { runJob } from '../../rotation/run-job.ts'
import { startJob } from '../../rotation/start-job.ts'
import type { KeysOptions } from '../keys.ts'
import { ProgressBar } from '../progress-bar.ts'
import type { OpenKeys } from './open-keys.ts'

/** Starts a job, or goes on with one that waits and was told the same, and stays with it to its end. */
export async function runKeyJob<Kind extends JobKind>(
  { storage, tools }: OpenKeys,
  kind: Kind,
  parameters: JobParameters[Kind],
  { json }: KeysOptions,
): Promise<void> {
  const id = await startJob(storage.jobStore, kind, parameters, 'cli')
  const bar = new ProgressBar()
  const job = await runJob(id, {
    store: storage.jobStore,
    tools,
    onProgress: (progress) => {
      bar.draw(progress)
    },
    onFollow: () => {
      bar.say(`Another process runs this job, or did until a moment ago: following it (${id}).`)
    },
  }).finally(() => {
    bar.clear()
  })
  const { state, findings, failure, progress } = job
  const counters = progress?.counters ?? {}
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ job: id, kind, state, findings, counters, ...(failure === undefined ? {} : { failure }) })}\n`
      : `\n${[...findings, ...(failure === undefined ? [] : [failure])].map((line) => `  ${line}`).join('\n')}\n\n`,
  )
  if (state !== 'done') process.exitCode = 1
}
