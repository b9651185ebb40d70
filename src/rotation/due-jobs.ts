import { dayMs, isDue, isGraceOver } from '../crypto/kek-age.ts'
import type { Kek } from '../crypto/key-provider.ts'
import type { Job, JobKind, JobParameters } from './job.ts'
import { kekName } from './kek-name.ts'
import type { KekSurvey } from './survey-keks.ts'

export type DueJob = {
  readonly [Kind in JobKind]: { readonly kind: Kind; readonly parameters: JobParameters[Kind] }
}[JobKind]

/**
 * What the policies of automatic key types ask for now. Once a day at most, whether it succeeded or not; a rewrap once for
 * each new version, and the end of old versions only a day after a dry run told of it.
 *
 * @param jobs - the latest jobs, of all processes
 * @param indexDue - the key types of {@link import('./reindex/index-due.ts').findIndexDue}
 */
export function findDueJobs(
  surveys: readonly KekSurvey[],
  jobs: readonly Job[],
  now: number,
  indexDue: readonly string[] = [],
): readonly DueJob[] {
  const due: DueJob[] = []
  const automatic = surveys.filter(({ policy }) => policy.automatic)
  for (const keyType of new Set(automatic.map(({ kek }) => kek.keyType))) {
    const ofType = automatic.filter(({ kek }) => kek.keyType === keyType)
    const keksWhere = (holds: (survey: KekSurvey) => boolean): readonly Kek[] =>
      ofType.filter(holds).map(({ kek }) => kek)
    const asked = (kind: JobKind, kek: Kek, since: number): Job[] =>
      jobs.filter((job) => job.kind === kind && job.createdAt.getTime() >= since && names(job, kek))

    const rotate = keksWhere(({ kek, age }) => isDue(age) && asked('rotate', kek, now - dayMs).length === 0)
    if (rotate.length > 0) due.push({ kind: 'rotate', parameters: { keks: rotate, onlyDue: true } })

    const rewrap = keksWhere(
      ({ kek, status: { newest, oldest, newestCreatedAt } }) =>
        newest > oldest && asked('rewrap', kek, newestCreatedAt?.getTime() ?? now - dayMs).length === 0,
    )
    if (rewrap.length > 0) due.push({ kind: 'rewrap', parameters: { keks: rewrap } })

    const asksForTerms = ({ kind, parameters, createdAt }: Job): boolean =>
      kind === 'reindex' && parameters.keyTypes.includes(keyType) && createdAt.getTime() >= now - dayMs
    if (indexDue.includes(keyType) && !jobs.some(asksForTerms))
      due.push({ kind: 'reindex', parameters: { keyTypes: [keyType], onlyDue: true } })

    const over = ofType.filter(
      ({ status, policy }) => status.newest > status.oldest && isGraceOver(status, policy, now),
    )
    const quiet = over.filter(({ kek }) => asked('cleanup', kek, now - dayMs).length === 0)
    const told = quiet.filter(({ kek, status: { newestCreatedAt } }) =>
      asked('cleanup', kek, newestCreatedAt?.getTime() ?? now).some(({ state }) => state === 'done'),
    )
    for (const [some, apply] of [
      [told, true],
      [quiet.filter((survey) => !told.includes(survey)), false],
    ] as const) {
      if (some.length > 0)
        due.push({ kind: 'cleanup', parameters: { keks: some.map(({ kek }) => kek), apply } })
    }
  }
  return due
}

function names({ parameters }: Job, kek: Kek): boolean {
  return 'keks' in parameters && parameters.keks.some((one) => kekName(one) === kekName(kek))
}
