import { writeFileSync } from 'node:fs'

import { printLine } from '../../audit/line.ts'
import { GatewayError } from '../../errors.ts'
import type { AuditCommandOptions } from '../audit.ts'
import type { OpenLog } from './open-log.ts'

/** Copies the anchors of the log to a file, or prints them, as lines that `verify --anchors` takes. */
export async function exportAnchors(
  { archive }: OpenLog,
  { export: file, json = false }: AuditCommandOptions,
): Promise<void> {
  const anchors = await archive.anchors()
  const text = anchors.map((anchor) => `${printLine({ kind: 'anchor', ...anchor })}\n`).join('')
  if (file === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
    throw new GatewayError('CONFIGURATION_INVALID', { message: `${file} exists.` })
  }
  const count = anchors.length
  process.stdout.write(
    json ? `${JSON.stringify({ file, anchors: count })}\n` : `${count} anchors in ${file}\n`,
  )
}
