import type { AuditWriter } from '../audit/audit-log.ts'
import type { AuditedDocument, KeyOutcome } from '../audit/event.ts'
import { keyEntry } from '../audit/key-entry.ts'
import type { Kek } from '../crypto/key-provider.ts'

/** What was done to which KEKs' keys, in the audit log, where there is one; durable when it resolves. */
export async function recordKeyEvent(
  audit: AuditWriter | undefined,
  { id, startedBy }: { readonly id: string; readonly startedBy: string },
  outcome: KeyOutcome,
  keks: readonly Kek[],
  keys: readonly AuditedDocument[] = [],
): Promise<void> {
  const source = { requestId: id, tenant: '', viewer: startedBy, viewerKind: 'service' } as const
  const done = keks.map((kek) => ({ kek, keys }))
  await audit?.append(keyEntry(source, outcome, done))
}
