import { eraseSubject } from './erasure/erase-subject.ts'
import { retainDocuments } from './erasure/retain-documents.ts'
import type { JobKind } from './job.ts'
import type { JobHandler } from './job-handler.ts'
import { reencryptValues } from './reencrypt-values.ts'
import { reindexTerms } from './reindex/reindex-terms.ts'
import { rewrapDataKeys } from './rewrap-data-keys.ts'
import { rotateKeks } from './rotate-keks.ts'
import { trimKeks } from './trim-keks.ts'

/** One row per kind. */
export const jobHandlers: { readonly [Kind in JobKind]: JobHandler<Kind> } = {
  rotate: rotateKeks,
  rewrap: rewrapDataKeys,
  reencrypt: reencryptValues,
  reindex: reindexTerms,
  cleanup: trimKeks,
  erase: eraseSubject,
  retain: retainDocuments,
}
