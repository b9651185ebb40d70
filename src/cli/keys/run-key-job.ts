import type { Job, JobKind, JobParameters } from '../../rotation/job.ts'
import { runJob } from '../../rotation/run-job.ts'
import { startJob } from '../../rotation/start-job.ts'
import type { KeysOptions } from '../keys.ts'
import { ProgressBar } from '../progress-bar.ts'
import type { OpenKeys } from './open-keys.ts'

/** Starts a job, or goes on with one that waits and was told the same, and stays with it to its end. */
export async function stayWithJob<Kind extends JobKind>(
  { storage, tools }: OpenKeys,
  kind: Kind,
  parameters: JobParameters[Kind],
): Promise<Job> {
  const id = await startJob(storage.jobStore, kind, parameters, 'cli')
  const bar = new ProgressBar()
  return runJob(id, {
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
}

/** {@link stayWithJob}, and prints what came of it. */
export async function runKeyJob<Kind extends JobKind>(
  keys: OpenKeys,
  kind: Kind,
  parameters: JobParameters[Kind],
  { json }: KeysOptions,
): Promise<void> {
  const { id, state, findings, failure, progress } = await stayWithJob(keys, kind, parameters)
  const counters = progress?.counters ?? {}
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ job: id, kind, state, findings, counters, ...(failure === undefined ? {} : { failure }) })}\n`
      : `\n${[...findings, ...(failure === undefined ? [] : [failure])].map((line) => `  ${line}`).join('\n')}\n\n`,
  )
  if (state !== 'done') process.exitCode = 1
}
