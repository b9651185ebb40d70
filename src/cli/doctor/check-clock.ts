import { type Finding, ok, warning } from './finding.ts'

const toleranceMs = 5_000

/**
 * Compares this clock with that of a server, which answered between two readings of ours.
 * @param theirs - milliseconds since the epoch, in steps of `stepMs`
 */
export function checkClock(
  server: string,
  theirs: number,
  asked: number,
  answered: number,
  stepMs = 1,
): Finding {
  const check = `Clock (${server.toLowerCase()})`
  const earliest = theirs - answered
  const latest = theirs + stepMs - asked
  // Zero lies within what the answer allows: nothing shows that the clocks differ.
  const skew = earliest <= 0 && latest >= 0 ? 0 : earliest > 0 ? earliest : latest
  const seconds = (skew / 1_000).toFixed(1)
  if (Math.abs(skew) <= toleranceMs) return ok(check, `differs by ${seconds} s`)
  return warning(
    check,
    `differs by ${seconds} s`,
    'synchronise the clocks (NTP): tokens, key ages and leases are judged by them.',
  )
}
