import { GatewayError } from '../errors.ts'
import type { SealedEntries } from './sealed-entries.ts'

export interface RedisEntriesOptions {
  /** `redis:` or, with TLS, `rediss:`; may hold a user and a password. */
  readonly url: string
  /** Called for each failure of the connection, which is tried again. Never told the URL. */
  readonly onFailure?: (error: GatewayError) => void
}

const callMilliseconds = 1_000
const silenceMilliseconds = 5_000
const maxRetryMilliseconds = 2_000

/**
 * Sealed entries in Redis, under names that begin with `sealgate:`. The connection is made in the background and made again
 * when it breaks; without one, and past a second, a call fails.
 *
 * @throws from each call `SERVICE_UNAVAILABLE`; at once `CONFIGURATION_INVALID` for what is no URL of Redis.
 */
export async function connectRedisEntries({ url, onFailure }: RedisEntriesOptions): Promise<SealedEntries> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: 'The address of Redis must begin with redis:// or rediss://.',
    })
  }
  // Loaded by those who use it: a start without Redis does not wait for it.
  const { createClient, RESP_TYPES } = await import('@redis/client')
  const client = createClient({
    url,
    disableOfflineQueue: true,
    pingInterval: silenceMilliseconds / 2,
    socket: {
      connectTimeout: silenceMilliseconds,
      socketTimeout: silenceMilliseconds,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, maxRetryMilliseconds),
    },
  })
  client.on('error', () => onFailure?.(unavailable()))
  client.connect().catch(() => undefined)
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  return {
    get: async (name) => (await translated(() => bytes.get(name))) ?? undefined,
    set: async (name, value, ttl) => {
      await translated(() => client.set(name, value, { expiration: { type: 'PX', value: Math.ceil(ttl) } }))
    },
    delete: async (name) => {
      await translated(() => client.del(name))
    },
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  }
}

/** The client's own timeout is for commands that wait to be sent, and not for answers. */
async function translated<T>(call: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(reject, callMilliseconds)
  })
  try {
    return await Promise.race([call(), late])
  } catch {
    throw unavailable()
  } finally {
    clearTimeout(timer)
  }
}

function unavailable(): GatewayError {
  return new GatewayError('SERVICE_UNAVAILABLE', { message: 'Redis does not answer.' })
}
