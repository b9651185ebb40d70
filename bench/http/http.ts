import { listQuery, objectQuery, type Role, roles } from '../people/people.ts'
import { printTable, progress } from '../report.ts'
import { assertAnswer } from './assert-answer.ts'
import { compareLoads, type Load } from './load.ts'
import { type Served, startServer } from './served.ts'

const rounds = 5
const seconds = 2

interface Shape {
  readonly title: string
  readonly objects: number
  readonly queryOf: (served: Served) => string
}

const shapes: readonly Shape[] = [
  { title: 'One object of 10 fields, 3 protected', objects: 1, queryOf: ({ id }) => objectQuery(id) },
  { title: 'A list of 100 objects of 10 fields, 3 protected', objects: 100, queryOf: () => listQuery },
]

interface Contestant extends Load {
  readonly name: string
  readonly sees: Role
  /** For each object. */
  readonly aeadCalls: number
}

/** Over real HTTP, each server in a process of its own, all in turns: Sealgate by role beside stock Apollo Server. */
export async function benchHttp(): Promise<void> {
  progress('http: starting the servers')
  const [stock, lean, sealgate] = await Promise.all([
    startServer('stock-server'),
    startServer('stock-server', ['--without-cache-control']),
    startServer('sealgate-server'),
  ])
  try {
    for (const { title, objects, queryOf } of shapes) {
      const query = queryOf(stock)
      const contestants: Contestant[] = [
        {
          name: 'Apollo Server 5 + Express 5, plain data',
          server: stock,
          query,
          sees: 'CLEAR',
          aeadCalls: 0,
        },
        { name: 'the same, cache-control plugin off', server: lean, query, sees: 'CLEAR', aeadCalls: 0 },
        ...roles.map((role) => ({
          name: `Sealgate, ${role.toLowerCase()}`,
          server: sealgate,
          authorization: sealgate.authorization?.[role],
          query: queryOf(sealgate),
          sees: role,
          aeadCalls: role === 'DENIED' ? 0 : 3,
        })),
      ]
      for (const contestant of contestants) await assertAnswer(contestant, contestant.sees, objects)
      const report = (done: number, of: number): void => {
        progress(`http: ${title}: ${done} of ${of}`)
      }
      const results = await compareLoads(contestants, { rounds, seconds, report })
      const [base] = results
      printTable(
        `${title}, over HTTP`,
        contestants.map(({ name, aeadCalls }, index) => {
          const { perSecond, cpuTime } = results[index] ?? { perSecond: NaN, cpuTime: NaN }
          return {
            server: name,
            'requests/s': Math.round(perSecond),
            ratio: (perSecond / (base?.perSecond ?? NaN)).toFixed(2),
            'CPU ms a request': cpuTime.toFixed(2),
            'ratio by CPU': ((base?.cpuTime ?? NaN) / cpuTime).toFixed(2),
            'AEAD calls a request': aeadCalls * objects,
          }
        }),
      )
    }
  } finally {
    for (const server of [stock, lean, sealgate]) server.close()
  }
}
