import { pingRedis } from '../../sealed-store/ping-redis.ts'
import type { CacheOptions } from '../../server/options.ts'
import { failure, type Finding, ok } from './finding.ts'

/** Whether the server of the cache answers, if there is one. */
export async function checkRedis(cache: CacheOptions): Promise<Finding> {
  const check = 'Redis'
  if (cache.kind !== 'redis') return ok(check, 'not needed')
  try {
    await pingRedis(cache.url)
    return ok(check, 'answers')
  } catch {
    return failure(check, 'No answer.', 'start the server, and check REDIS_URL: host, user, password, TLS.')
  }
}
