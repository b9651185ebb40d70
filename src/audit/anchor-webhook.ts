import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { request } from 'undici'

import { GatewayError } from '../errors.ts'
import type { AnchorTarget } from './anchor.ts'
import { printLine } from './line.ts'

export interface AnchorWebhookOptions {
  /** https, or http to this machine. */
  readonly url: string
  /** Shared with the receiver: at least 32 bytes. */
  readonly secret: Buffer
  /** Milliseconds before the second attempt; each further one waits twice as long, within half and one and a half of it. */
  readonly delay?: number
}

const attempts = 5

/** Posts each anchor to a receiver elsewhere, as the line that a file would have, signed in `x-sealgate-signature`. */
export function createAnchorWebhook({ url, secret, delay = 500 }: AnchorWebhookOptions): AnchorTarget {
  return {
    name: 'webhook',
    put: async (anchor) => {
      const body = printLine({ kind: 'anchor', ...anchor })
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
      const headers = { 'content-type': 'application/json', 'x-sealgate-signature': signature }
      for (let attempt = 1; ; attempt += 1) {
        const failure = await post(url, headers, body)
        if (failure === undefined) return
        if (attempt === attempts) throw failure
        await pause(delay * 2 ** (attempt - 1) * (0.5 + Math.random()))
      }
    },
  }
}

/** Of what came back nothing but the status is told: it may quote the request. */
async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<GatewayError | undefined> {
  try {
    const options = { method: 'POST', headers, body, headersTimeout: 5_000, bodyTimeout: 5_000 } as const
    const answer = await request(url, options)
    await answer.body.dump()
    if (answer.statusCode >= 200 && answer.statusCode < 300) return undefined
    const message = `The receiver of anchors answered with status ${answer.statusCode}.`
    return new GatewayError('SERVICE_UNAVAILABLE', { message })
  } catch {
    return new GatewayError('SERVICE_UNAVAILABLE', { message: 'The receiver of anchors does not answer.' })
  }
}
