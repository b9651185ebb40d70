import type { Executor, ExecutorOptions } from './executor.ts'
import { createGraphqlJsExecutor } from './graphql-js-executor.ts'
import { createPlannedExecutor } from './planned-executor.ts'

export type ExecutorKind = 'planned' | 'graphql-js'

/**
 * One executor for one schema. Both kinds give the same answers, errors included; `planned` reads each
 * operation once and keeps the plan, for at most `cacheSize` documents (1,000 by default).
 */
export function createExecutor(
  options: ExecutorOptions & { readonly kind: ExecutorKind; readonly cacheSize?: number | undefined },
): Executor {
  const { kind, cacheSize = 1_000, ...rest } = options
  switch (kind) {
    case 'planned':
      return createPlannedExecutor(rest, cacheSize)
    case 'graphql-js':
      return createGraphqlJsExecutor(rest)
  }
}
