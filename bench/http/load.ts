import autocannon from 'autocannon'

import { median } from '../median.ts'
import type { ServerProcess } from './served.ts'

/** One request, asked over and over. */
export interface Load {
  readonly server: ServerProcess
  readonly authorization?: string | undefined
  readonly query: string
}

export interface Throughput {
  readonly perSecond: number
  /** Milliseconds of the server's processor time for each request. Says more than `perSecond` on a machine with other work. */
  readonly cpuTime: number
}

export interface LoadOptions {
  readonly rounds: number
  readonly seconds: number
  readonly report: (done: number, of: number) => void
}

const connections = 10

/** Medians of rounds in which all loads take turns, after a warm-up of each. */
export async function compareLoads(
  loads: readonly Load[],
  { rounds, seconds, report }: LoadOptions,
): Promise<readonly Throughput[]> {
  for (const load of loads) await fire(load, seconds)
  const measured = loads.map((): Throughput[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, load] of loads.entries()) {
      report(round * loads.length + index, rounds * loads.length)
      measured[index]?.push(await fire(load, seconds))
    }
  }
  return measured.map((results) => ({
    perSecond: median(results.map(({ perSecond }) => perSecond)),
    cpuTime: median(results.map(({ cpuTime }) => cpuTime)),
  }))
}

async function fire({ server, authorization, query }: Load, duration: number): Promise<Throughput> {
  const before = await server.cpuTime()
  const result = await autocannon({
    url: server.url,
    connections,
    duration,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify({ query }),
  })
  if (result.errors > 0 || result.non2xx > 0) throw new Error(`Requests to ${server.url} failed.`)
  const count = result['2xx']
  return { perSecond: count / result.duration, cpuTime: ((await server.cpuTime()) - before) / count }
}
