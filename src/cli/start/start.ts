import { loadConfig } from '../../config/load-config.ts'
import type { StartOptions } from '../start.ts'
import { announce } from './announce.ts'
import { endOnFailure, endOnSignal } from './end-process.ts'
import { startGateway } from './start-gateway.ts'

export async function start(options: StartOptions): Promise<void> {
  const config = loadConfig(options)
  const started = await startGateway(config)
  endOnFailure(started.gateway.app.log)
  endOnSignal(started.close)
  const { url, tokens } = started
  const text =
    options.json === true
      ? JSON.stringify({
          url,
          tokens: Object.fromEntries(tokens.map(({ viewer, token }) => [viewer.name, token])),
        })
      : announce({ ...started, config })
  process.stdout.write(`${text}\n`)
}
