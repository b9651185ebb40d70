import { once } from 'node:events'

import { readEvents } from '../../audit/read-events.ts'
import { GatewayError } from '../../errors.ts'
import type { AuditCommandOptions } from '../audit.ts'
import type { OpenLog } from './open-log.ts'

/** Prints events as lines of JSON, with the identities that the keys open. */
export async function exportEvents(
  { archive, keyRing }: OpenLog,
  { since, until, coordinate, subject }: AuditCommandOptions,
): Promise<void> {
  const filter = { since: timeOf('since', since), until: timeOf('until', until), coordinate, subject }
  for await (const event of readEvents(archive, keyRing, filter)) {
    if (!process.stdout.write(`${JSON.stringify(event)}\n`)) await once(process.stdout, 'drain')
  }
}

function timeOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return time.toISOString()
  throw new GatewayError('CONFIGURATION_INVALID', {
    message: `--${option} is not a time, such as 2026-11-25T12:00:00Z.`,
  })
}
