import { loadConfig } from '../../config/load-config.ts'
import { GatewayError } from '../../errors.ts'
import type { AuditAction, AuditCommandOptions } from '../audit.ts'
import { exportAnchors } from './export-anchors.ts'
import { exportEvents } from './export-events.ts'
import { openLog, type OpenLog } from './open-log.ts'
import { verify } from './verify.ts'

type Option = keyof AuditCommandOptions

const actions: Readonly<
  Record<
    AuditAction,
    {
      readonly run: (log: OpenLog, options: AuditCommandOptions) => Promise<void>
      readonly takes: readonly Option[]
    }
  >
> = {
  verify: { run: verify, takes: ['anchors'] },
  export: { run: exportEvents, takes: ['since', 'until', 'coordinate', 'subject'] },
  anchors: { run: exportAnchors, takes: ['export'] },
}

export async function audit(action: AuditAction, options: AuditCommandOptions): Promise<void> {
  const { run, takes } = actions[action]
  const others = Object.values(actions).flatMap((other) => other.takes)
  const stray = others.find((option) => !takes.includes(option) && options[option] !== undefined)
  if (stray !== undefined) {
    throw new GatewayError('CONFIGURATION_INVALID', { message: `--${stray} is not for audit ${action}.` })
  }
  const log = await openLog(loadConfig(options), options.file)
  try {
    await run(log, options)
  } finally {
    await log.close()
  }
}
