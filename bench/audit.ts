import { assertAnswer } from './http/assert-answer.ts'
import { compareLoads } from './http/load.ts'
import { type Served, startServer } from './http/served.ts'
import { listQuery, objectQuery, type Role } from './people/people.ts'
import { printTable, progress } from './report.ts'

const rounds = 5
const seconds = 2

const shapes: readonly { title: string; objects: number; queryOf: (served: Served) => string }[] = [
  { title: 'One object of 10 fields, 3 protected', objects: 1, queryOf: ({ id }) => objectQuery(id) },
  { title: 'A list of 100 objects of 10 fields, 3 protected', objects: 100, queryOf: () => listQuery },
]

/** What the audit log costs: the same gateway without and with it, over the embedded database, in turns. */
export async function benchAudit(): Promise<void> {
  progress('audit: starting the gateways')
  const [off, on] = await Promise.all([
    startServer('sealgate-server'),
    startServer('sealgate-server', ['--audited']),
  ])
  try {
    for (const { title, objects, queryOf } of shapes) {
      const roles: readonly Role[] = ['CLEAR', 'MASKED', 'DENIED']
      const contestants = roles.flatMap((role) =>
        [off, on].map((server) => ({
          name: `${role.toLowerCase()}, audit ${server === off ? 'off' : 'on'}`,
          server,
          authorization: server.authorization?.[role],
          query: queryOf(server),
          sees: role,
        })),
      )
      for (const contestant of contestants) await assertAnswer(contestant, contestant.sees, objects)
      const report = (done: number, of: number): void => {
        progress(`audit: ${title}: ${done} of ${of}`)
      }
      const results = await compareLoads(contestants, { rounds, seconds, report })
      printTable(
        `${title}, over HTTP, with an audit log and without`,
        contestants.map(({ name }, index) => {
          const { perSecond, cpuTime } = results[index] ?? { perSecond: NaN, cpuTime: NaN }
          const base = results[index - (index % 2)] ?? { perSecond: NaN, cpuTime: NaN }
          return {
            gateway: name,
            'requests/s': Math.round(perSecond),
            ratio: (perSecond / base.perSecond).toFixed(2),
            'CPU ms a request': cpuTime.toFixed(2),
            'ratio by CPU': (base.cpuTime / cpuTime).toFixed(2),
          }
        }),
      )
    }
  } finally {
    off.close()
    on.close()
  }
}
