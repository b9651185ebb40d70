import { paddedLength } from '../../crypto/padding.ts'
import type { GatewayOptions } from '../../server/options.ts'
import { performanceModes } from '../../server/performance-modes.ts'
import { type Finding, ok } from './finding.ts'

/** What the performance mode of the configuration sets. */
export function describePerformance({
  performance,
  cipher,
}: Pick<GatewayOptions, 'performance' | 'cipher'>): Finding {
  const { keyCache, padding } = performanceModes[performance]
  const { ttl, maxKeys, maxUses } = keyCache
  const kept = `unwrapped data keys: ${ttl / 1_000} s, ${maxKeys} of them, ${maxUses} uses each`
  const detail = `${performance}\n${kept}\nvalues: ${cipher}, padded to ${paddedLength(1, padding)} bytes or more`
  return ok('Performance', detail)
}
