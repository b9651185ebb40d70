import type { Mask } from '../mask.ts'

const defaultStep = 1000
const mostSteps = 1000n

/** Magnitudes beyond this count as this, so that a result is always finite and its length bounded. */
const largest = 10n ** 308n

/** Where 32-bit, safe and 64-bit integers end: rounding up never carries a value over these. */
const limits = [2n ** 31n, 2n ** 53n, 2n ** 63n]

/**
 * `52000` for 52,340: the nearest multiple of `step` (default 1000), halves away from zero.
 *
 * Reveals the sign and one of 1,000 steps: above 1,000 the step is multiplied by ten until they are enough (1,234,567 gives
 * 1,230,000), so that an outlier is not told by its last digits. Never `-0`; where rounding up would leave the
 * range of a 32-bit, safe or 64-bit integer, it rounds down. The fallback, 0, for NaN, infinities and text.
 */
export const round: Mask = {
  version: 1,
  scalars: ['Int', 'Float', 'BigInt'],
  reveals: 'The sign, and the nearest of 1,000 steps; above, steps of ten, a hundred, … times the size.',
  fallback: 0,
  examples: [
    { value: 52_340, masked: 52_000 },
    { value: -1_234_567.89, masked: -1_230_000 },
    { value: 9_007_199_254_740_993n, masked: 9_010_000_000_000_000n },
  ],
  parameters: ['step'],
  apply: (value, { step = defaultStep }) => {
    if (typeof value === 'bigint') return roundHalves(value * 2n, step)
    if (typeof value === 'string' || !Number.isFinite(value)) return 0
    const whole = Math.trunc(value)
    const half = Math.trunc((value - whole) * 2)
    return Number(roundHalves(BigInt(whole) * 2n + BigInt(half), step))
  },
}

/** Takes twice the value, which keeps the one half that decides when the step is odd; the rest of a fraction never does. */
function roundHalves(halves: bigint, step: number): bigint {
  const magnitude = halves < 0n ? -halves : halves
  const doubled = magnitude > largest * 2n ? largest * 2n : magnitude
  let unit = BigInt(step)
  while (doubled >= unit * mostSteps * 2n) unit *= 10n
  const nearest = ((doubled + unit) / (unit * 2n)) * unit
  const crosses = limits.some((limit) => doubled <= limit * 2n && nearest >= limit && nearest * 2n > doubled)
  const rounded = crosses ? nearest - unit : nearest
  return halves < 0n ? -rounded : rounded
}
