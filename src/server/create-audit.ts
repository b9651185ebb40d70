import { hostname } from 'node:os'

import { createAnchorFile } from '../audit/anchor-file.ts'
import { type AnchorWebhookOptions, createAnchorWebhook } from '../audit/anchor-webhook.ts'
import { Anchorer } from '../audit/anchorer.ts'
import { AuditLog } from '../audit/audit-log.ts'
import { createFileSink } from '../audit/file-sink.ts'
import type { OnAuditChange } from '../audit/outlet.ts'
import type { AuditSink } from '../audit/sink.ts'
import type { SpoolOptions } from '../audit/spool.ts'
import { createStdoutSink } from '../audit/stdout-sink.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { MongoAudit } from '../storage/mongo-audit-sink.ts'

export interface AuditOptions {
  /** Where the log is kept: at all of them. */
  readonly sinks: readonly ('database' | { readonly file: string } | 'stdout')[]
  /** Takes the log while a sink does not. Absent: nothing leaves then that the log must hold. */
  readonly spool?: SpoolOptions | undefined
  /** Where anchors go, besides the database. */
  readonly anchors?: {
    /** Milliseconds between them, up to a minute; also how often this gateway says that it lives. Default 10,000. */
    readonly interval?: number | undefined
    readonly file?: string | undefined
    readonly webhook?: AnchorWebhookOptions | undefined
  }
  /** Names this gateway among others. Default: the host's name. */
  readonly instance?: string | undefined
}

/** Whom to tell of what happens to the log. */
export interface AuditEvents {
  readonly onChange: OnAuditChange
  readonly onAnchorFailure: (error: unknown, target?: string) => void
  readonly onLoss: (lines: number) => void
}

export interface Audit {
  readonly log: AuditLog
  readonly close: () => Promise<void>
}

export function createAudit(
  { sinks, spool, anchors = {}, instance = hostname() }: AuditOptions,
  ring: KeyRing,
  database: MongoAudit,
  events: AuditEvents,
): Audit {
  const open = (sink: AuditOptions['sinks'][number]): AuditSink => {
    if (sink === 'database') return database.sink
    return sink === 'stdout' ? createStdoutSink() : createFileSink(sink.file)
  }
  const outlets = sinks.map((sink) => ({ sink: open(sink), spool }))
  const log = new AuditLog({
    ring,
    instance: instance.replace(/[^\w.-]/g, '-'),
    outlets,
    onChange: events.onChange,
  })
  const { interval = 10_000, file, webhook } = anchors
  const anchorer = new Anchorer({
    log,
    ring,
    interval,
    targets: [
      database.anchors,
      ...(file === undefined ? [] : [createAnchorFile(file)]),
      ...(webhook === undefined ? [] : [createAnchorWebhook(webhook)]),
    ],
    shared: sinks.includes('database') ? database : undefined,
    onFailure: events.onAnchorFailure,
  })
  return {
    log,
    close: async () => {
      await anchorer.stop()
      const lost = await log.close(() => anchorer.anchor())
      if (lost > 0) events.onLoss(lost)
    },
  }
}
