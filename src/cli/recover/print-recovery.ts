import type { BackupFile } from '../../backup/manifest.ts'
import type { RecoverOptions } from '../recover.ts'
import { renderTable } from '../table.ts'
import type { RecoveredModel } from './write-recovered.ts'

/** Failures that are shown one by one. */
const shown = 20

export function printRecovery(
  models: readonly RecoveredModel[],
  unknown: readonly BackupFile[],
  { out, json }: RecoverOptions,
): void {
  const failures = models.flatMap((recovered) =>
    recovered.failures.map((failure) => ({ model: recovered.model, ...failure })),
  )
  if (failures.length > 0 || unknown.length > 0) process.exitCode = 1
  if (json === true) {
    process.stdout.write(
      `${JSON.stringify({ out, models: models.map(({ failures: failed, ...model }) => ({ ...model, failed: failed.length })), failures, unknown: unknown.map(({ collection, documents }) => ({ collection, documents })) })}\n`,
    )
    return
  }
  const rows = models.map((model) => [
    model.model,
    String(model.documents),
    String(model.failures.length),
    model.file,
  ])
  const lines = failures
    .slice(0, shown)
    .map(({ model, id, path, code }) => `  ${model} ${id} ${path}: ${code}`)
  const more = failures.length > shown ? [`  and ${failures.length - shown} more: --json lists them all`] : []
  const again = failures.some(({ code }) => code === 'KEY_UNAVAILABLE')
    ? [
        '  KEY_UNAVAILABLE: the key service did not answer, or the key is disabled. Recover again: it is not lost.',
      ]
    : []
  const left = unknown.map(
    ({ collection, documents }) =>
      `  ${collection}: not recovered, ${documents} documents of which the schema has no model`,
  )
  const text = [
    renderTable(['model', 'documents', 'not decrypted', 'file'], rows),
    '',
    ...lines,
    ...more,
    ...again,
    ...left,
    `  ${out} holds all of it in clear, for this user alone.`,
  ].join('\n')
  process.stdout.write(`\n${text}\n\n`)
}
