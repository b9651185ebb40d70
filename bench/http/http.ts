import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { listQuery, objectQuery, type Role, roles } from '../people/people.ts'
import { printTable, progress } from '../report.ts'
import { compareLoads, type Load } from './load.ts'
import type { Served } from './served.ts'

const rounds = 7
const seconds = 2

/** Over real HTTP, each server in a process of its own, all in turns: Sealgate by role beside stock Apollo Server. */
export async function benchHttp(): Promise<void> {
  progress('http: starting the servers')
  const servers = await Promise.all([
    startServer('stock-server', []),
    startServer('stock-server', ['--without-cache-control']),
    startServer('sealgate-server', []),
  ])
  const [stock, lean, sealgate] = servers.map(({ served }) => served) as [Served, Served, Served]
  try {
    for (const [title, queryOf, objects] of [
      ['One object of 10 fields, 3 protected', ({ id }: Served) => objectQuery(id), 1],
      ['A list of 100 objects of 10 fields, 3 protected', () => listQuery, 100],
    ] as const) {
      const loads: Load[] = [
        { url: stock.url, query: queryOf(stock) },
        { url: lean.url, query: queryOf(lean) },
        ...roles.map((role) => ({
          url: sealgate.url,
          authorization: sealgate.authorization?.[role],
          query: queryOf(sealgate),
        })),
      ]
      await assertAnswers(loads, objects)
      const report = (done: number, of: number): void => {
        progress(`http: ${title}: ${done} of ${of} rounds`)
      }
      const perSecond = await compareLoads(loads, { rounds, seconds, report })
      printTable(`${title}, over HTTP`, rowsOf(perSecond, objects))
    }
  } finally {
    for (const { child } of servers) child.disconnect()
  }
}

function rowsOf(perSecond: readonly number[], objects: number): Record<string, string | number>[] {
  const [stock = NaN] = perSecond
  const names = [
    'Apollo Server 5 + Express 5, plain data',
    'the same, cache-control plugin off',
    ...roles.map((role) => `Sealgate, ${role.toLowerCase()}`),
  ]
  const aeadCalls = ['', '', 3 * objects, 3 * objects, 0]
  return names.map((server, index) => ({
    server,
    'requests/s': Math.round(perSecond[index] ?? NaN),
    'ratio to stock': ((perSecond[index] ?? NaN) / stock).toFixed(2),
    'AEAD calls a request': aeadCalls[index] ?? '',
  }))
}

interface Person {
  readonly email: string | null
  readonly name: string
}

interface Answer {
  readonly data?: { readonly person?: Person; readonly people?: { readonly nodes: readonly Person[] } }
  readonly errors?: readonly unknown[]
}

/** Nothing is measured that does not answer as it should. */
async function assertAnswers(loads: readonly Load[], objects: number): Promise<void> {
  const expected = (role: Role | undefined): { email: RegExp; errors: number } => {
    if (role === 'MASKED') return { email: /^"p[^@]*\*[^@]*@/, errors: 0 }
    if (role === 'DENIED') return { email: /^null$/, errors: 3 * objects }
    return { email: /^"person\.number\.\d+@example\.com"$/, errors: 0 }
  }
  for (const [index, { url, authorization, query }] of loads.entries()) {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify({ query }),
    })
    const { data, errors = [] } = (await response.json()) as Answer
    const found = data?.people?.nodes ?? (data?.person === undefined ? [] : [data.person])
    const { email, errors: errorCount } = expected(roles[index - (loads.length - roles.length)])
    const fits = found.every((person) => email.test(JSON.stringify(person.email)) && person.name !== '')
    if (response.status !== 200 || found.length !== objects || errors.length !== errorCount || !fits) {
      throw new Error(`${url} did not answer as expected: ${JSON.stringify({ data, errors }).slice(0, 400)}`)
    }
  }
}

async function startServer(
  name: string,
  flags: readonly string[],
): Promise<{ child: ChildProcess; served: Served }> {
  const module = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  const child = fork(module, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [served] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended before it listened.`))),
  ])) as [Served]
  return { child, served }
}
