import type DataLoader from 'dataloader'
import type { FieldNode } from 'graphql'

import type { AuditRecorder } from '../audit/recorder.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Decisions } from '../directives/decisions.ts'
import type { StandIn } from '../directives/stand-in.ts'

export interface ReportedStandIn {
  readonly coordinate: string
  readonly path: readonly (string | number)[]
  readonly shown: StandIn['shown']
}

/** What a resolver knows of the operation it runs in. Made per operation, never shared by two. */
export interface RequestContext {
  readonly viewer: Viewer
  readonly decisions: Decisions
  readonly requestId: string
  /** Told of every field that was revealed, masked, hidden or failed, and of every write. */
  readonly audit: AuditRecorder
  /** Where something else stands in the place of a value whose key is not available. */
  readonly standIns: ReportedStandIn[]
  /** Relation loaders of this operation, by what is selected at one place: an executor gives it to all rows as one array. */
  readonly loaders: WeakMap<readonly FieldNode[], DataLoader<string, unknown>>
}
