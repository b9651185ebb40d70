import type DataLoader from 'dataloader'
import type { FieldNode } from 'graphql'

import type { AuditRecorder } from '../audit/recorder.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Decisions } from '../directives/decisions.ts'

/** What a resolver knows of the operation it runs in. Made per operation, never shared by two. */
export interface RequestContext {
  readonly viewer: Viewer
  readonly decisions: Decisions
  readonly requestId: string
  /** Told of every field that was revealed, masked, hidden or failed, and of every write. */
  readonly audit: AuditRecorder
  /** Relation loaders of this operation: one per field of the document. */
  readonly loaders: WeakMap<FieldNode, DataLoader<string, unknown>>
}
