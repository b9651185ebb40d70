import { join } from 'node:path'

import type { AuditOptions } from '../server/create-audit.ts'
import { type EnvironmentReader, invalid } from './read-environment.ts'

const sinks = ['database', 'file', 'stdout'] as const

/** Where the audit log is kept and anchored, and what happens while it cannot be written. */
export function readAudit(read: EnvironmentReader, dataFolder: string): AuditOptions | 'off' {
  const text = read.text('SEALGATE_AUDIT') ?? 'database'
  if (text === 'off') return 'off'
  const file = read.text('SEALGATE_AUDIT_FILE') ?? join(dataFolder, 'audit.jsonl')
  const names = text.split(',').map((name) => name.trim())
  const chosen = sinks.filter((sink) => names.includes(sink))
  if (chosen.length < names.length)
    throw invalid('SEALGATE_AUDIT', `must be off, or a list of ${sinks.join(', ')}`)
  const mebibytes = read.wholeNumber('SEALGATE_AUDIT_SPOOL_SIZE', 1, 1_048_576) ?? 256
  const folder = read.text('SEALGATE_AUDIT_SPOOL') ?? join(dataFolder, 'audit-spool')
  const spools = read.choice('SEALGATE_AUDIT_ON_FAILURE', ['block', 'spool']) === 'spool'
  const instance = read.text('SEALGATE_INSTANCE')
  if (instance !== undefined && !/^[\w.-]{1,64}$/.test(instance))
    throw invalid('SEALGATE_INSTANCE', 'must be up to 64 letters, digits, `.`, `_` and `-`')
  return {
    sinks: chosen.map((sink) => (sink === 'file' ? { file } : sink)),
    spool: spools ? { folder, limit: mebibytes * 1024 * 1024 } : undefined,
    anchors: {
      interval: (read.wholeNumber('SEALGATE_AUDIT_ANCHOR_SECONDS', 1, 60) ?? 10) * 1_000,
      file: read.text('SEALGATE_AUDIT_ANCHOR_FILE'),
      webhook: readWebhook(read),
    },
    instance,
  }
}

function readWebhook(read: EnvironmentReader): { url: string; secret: Buffer } | undefined {
  const url = read.text('SEALGATE_AUDIT_ANCHOR_URL')
  if (url === undefined) return undefined
  if (!isPrivate(url)) throw invalid('SEALGATE_AUDIT_ANCHOR_URL', 'must be https, or http to this machine')
  const secret = Buffer.from(read.fileText('SEALGATE_AUDIT_ANCHOR_SECRET_FILE')?.trim() ?? '')
  if (secret.length < 32) {
    throw invalid('SEALGATE_AUDIT_ANCHOR_SECRET_FILE', 'must name a file of at least 32 bytes')
  }
  return { url, secret }
}

function isPrivate(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  return protocol === 'https:' || (protocol === 'http:' && local)
}
