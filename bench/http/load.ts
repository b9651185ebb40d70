import autocannon from 'autocannon'

import { median } from '../median.ts'

/** One request, asked over and over. */
export interface Load {
  readonly url: string
  readonly authorization?: string | undefined
  readonly query: string
}

const connections = 10

export interface LoadOptions {
  readonly rounds: number
  readonly seconds: number
  readonly report: (done: number, of: number) => void
}

/** Requests per second of each load: the median of rounds in which all take turns. */
export async function compareLoads(
  loads: readonly Load[],
  { rounds, seconds, report }: LoadOptions,
): Promise<readonly number[]> {
  for (const load of loads) await fire(load, Math.min(seconds, 2))
  const measured = loads.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, load] of loads.entries()) {
      report(round * loads.length + index, rounds * loads.length)
      measured[index]?.push(await fire(load, seconds))
    }
  }
  return measured.map(median)
}

async function fire({ url, authorization, query }: Load, duration: number): Promise<number> {
  const result = await autocannon({
    url,
    connections,
    duration,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify({ query }),
  })
  if (result.errors > 0 || result.non2xx > 0) throw new Error(`Requests to ${url} failed.`)
  return result['2xx'] / result.duration
}
