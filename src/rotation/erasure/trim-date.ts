import { dayMs } from '../../crypto/kek-age.ts'
import { keyPurposes } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import type { JobTools } from '../job-handler.ts'
import { isPassing } from '../job-run.ts'

/**
 * When the policies have had every present version of some KEKs trimmed: the next rotation, the days of grace behind it, and
 * the day between telling of a cleanup and doing it.
 *
 * @param names - of the KEKs
 * @returns undefined when one of them is rotated by hand, or the key service does not say how old it is
 * @throws KEY_UNAVAILABLE when the key service does not answer
 */
export async function trimDate(
  names: readonly string[],
  { provider, policies, now = Date.now }: Pick<JobTools, 'provider' | 'policies' | 'now'>,
): Promise<Date | undefined> {
  const dates: number[] = []
  for (const name of names) {
    const [keyType = '', purposeName] = name.split('/')
    const purpose = keyPurposes.find((one) => one === purposeName)
    const { automatic, rotationDays, graceDays } = policies.of(keyType)
    if (purpose === undefined || !automatic) return undefined
    try {
      const { newestCreatedAt } = await provider.status({ keyType, purpose })
      if (newestCreatedAt === undefined) return undefined
      const rotated = Math.max(now(), newestCreatedAt.getTime() + rotationDays * dayMs)
      dates.push(rotated + (graceDays + 1) * dayMs)
    } catch (error) {
      // A key type that the schema has no more is not known to the key service's client.
      if (!(error instanceof GatewayError) || isPassing(error)) throw error
      return undefined
    }
  }
  return dates.length === 0 ? undefined : new Date(Math.max(...dates))
}
