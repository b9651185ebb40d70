import { mkdirSync } from 'node:fs'

import { loadConfig } from '../../config/load-config.ts'
import { findUnreadVariables } from '../../config/unread-variables.ts'
import type { StartOptions } from '../start.ts'
import { startDatabase } from '../open-database.ts'
import { endOnFailure, endOnSignal } from './end-process.ts'

export async function start(options: StartOptions): Promise<void> {
  const config = loadConfig(options)
  for (const variable of findUnreadVariables()) process.stderr.write(`warning: ${variable}\n`)
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
  // The embedded database starts in its thread while this one loads the gateway's modules: a third of a start.
  const [database, { startGateway }, { announce }] = await Promise.all([
    startDatabase(config),
    import('./start-gateway.ts'),
    import('./announce.ts'),
  ])
  const started = await startGateway(config, database)
  endOnFailure(started.gateway.app.log)
  endOnSignal(started.close)
  const { url, metricsUrl, tokens } = started
  const text =
    options.json === true
      ? JSON.stringify({
          url,
          metricsUrl,
          tokens: Object.fromEntries(tokens.map(({ viewer, token }) => [viewer.name, token])),
        })
      : announce({ ...started, config })
  process.stdout.write(`${text}\n`)
}
