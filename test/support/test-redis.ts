import { describe } from '@jest/globals'

/** Tests on Redis run where it is named in SEALGATE_TEST_SERVICES; there they fail rather than skip. */
export const describeOnRedis = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',').includes('redis')
  ? describe
  : describe.skip

export function redisUrl(): string {
  const url = process.env.SEALGATE_TEST_REDIS_URL
  if (url === undefined)
    throw new Error('SEALGATE_TEST_SERVICES names redis: SEALGATE_TEST_REDIS_URL is missing')
  return url
}
