import { median } from '../median.ts'

/** Something that is done again and again, each time with another number. */
export interface Contestant {
  readonly name: string
  readonly run: (turn: number) => Promise<unknown>
}

/**
 * Times contestants one after the other, in turns, so that what else the machine does falls on all alike.
 * @returns a row for each, with the ratio of its median to that of the first
 */
export async function takeTurns(
  contestants: readonly Contestant[],
  { warmUp, turns }: { readonly warmUp: number; readonly turns: number },
): Promise<Record<string, string>[]> {
  const times = contestants.map((): number[] => [])
  for (let turn = 0; turn < warmUp + turns; turn += 1) {
    for (const [index, { run }] of contestants.entries()) {
      const began = performance.now()
      await run(turn)
      if (turn >= warmUp) times[index]?.push(performance.now() - began)
    }
  }
  const reference = median(times[0] ?? [])
  return contestants.map(({ name }, index) => {
    const sorted = (times[index] ?? []).sort((one, other) => one - other)
    const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? NaN).toFixed(2)
    const middle = median(sorted)
    return {
      read: name,
      'median ms': middle.toFixed(2),
      'p25 ms': at(0.25),
      'p95 ms': at(0.95),
      ratio: (middle / reference).toFixed(2),
    }
  })
}
