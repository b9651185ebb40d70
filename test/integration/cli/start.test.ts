import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import {
  createDataFolder,
  runCli,
  type RunningCli,
  type RunningGateway,
  startCli,
  startGatewayCli,
} from '../../support/run-cli.ts'

const folders: string[] = []
const started: RunningCli[] = []
let dist: string

function newData(): string {
  const data = createDataFolder()
  folders.push(dirname(data))
  return data
}

async function start(...args: string[]): Promise<RunningGateway> {
  const gateway = await startGatewayCli(args)
  started.push(gateway)
  return gateway
}

beforeAll(async () => {
  dist = join(await buildDist(), 'dist')
}, 180_000)

afterEach(async () => {
  for (const { child } of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }
})

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function ask(url: string, token: string, query: string): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  return response.json()
}

const names = '{ customers(first: 10) { nodes { fullName } } }'

/** Starts in words, for people, and waits for the last of them. */
async function startInWords(data: string): Promise<RunningCli> {
  const running = await startCli(['start', '--port', '0', '--data', data])
  started.push(running)
  await new Promise<void>((resolve, reject) => {
    running.child.stdout?.on('data', () => {
      if (running.output.stdout.includes('Ctrl-C')) resolve()
    })
    running.child.once('close', () => {
      reject(new Error(running.output.stderr))
    })
  })
  return running
}

test('the first start says that it is new and for development, and its curl lines work as they stand', async () => {
  const data = newData()
  const first = await startInWords(data)
  const { stdout } = first.output
  expect(stdout).toContain(`${data}, new, with example data`)
  expect(stdout).toMatch(/For development, not for production: .*keys.*database.*tokens/)
  expect(stdout).not.toContain('\u001b')
  const lines = stdout.split('\n').filter((line) => line.startsWith('curl '))
  const headings = [...stdout.matchAll(/^ {2}# (\w+)/gm)].map(([, name]) => name)
  expect(headings).toEqual(['Administrator', 'Support', 'Analyst', 'Owner', 'Service'])
  expect(lines).toHaveLength(headings.length)
  const emails = lines.map((line) => {
    const answer = spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout
    const { data: found } = JSON.parse(answer) as {
      data: { customers: { nodes: { fullName: string; email: string }[] } }
    }
    return found.customers.nodes.find(({ email }) => email.startsWith('a'))?.email
  })
  expect(emails).toEqual([
    'ana@example.com',
    'a***@example.com',
    'a***@example.com',
    'ana@example.com',
    'ana@example.com',
  ])
  first.child.kill('SIGTERM')
  await once(first.child, 'close')
  const second = await startInWords(data)
  expect(second.output.stdout).toContain(`${data}, with the data of earlier starts`)
}, 60_000)

test('what was acknowledged is there again after kill -9', async () => {
  const data = newData()
  const first = await start('--data', data)
  const mutation = 'mutation { createCustomer(input: { fullName: "Zoë Quist" }) { id } }'
  const { data: created } = await ask(first.url, first.tokens.Administrator ?? '', mutation)
  const { id } = created.createCustomer as { id: string }
  const closed = once(first.child, 'close')
  first.child.kill('SIGKILL')
  await closed
  const inspected = await runCli(['inspect', 'Customer', id, '--data', data])
  expect(inspected.status).toBe(0)
  const second = await start('--data', data)
  const { data: found } = await ask(second.url, first.tokens.Administrator ?? '', names)
  expect(JSON.stringify(found)).toContain('Zoë Quist')
}, 60_000)

test('a port in use is named, with what to do, and nothing is left running', async () => {
  const first = await start('--data', newData())
  const { port } = new URL(first.url)
  const data = newData()
  const { status, stderr } = await runCli(['start', '--port', port, '--data', data])
  expect(status).toBe(1)
  expect(stderr).toContain(`Port ${port} is in use`)
  expect(stderr).toContain(`--port ${Number(port) + 1}`)
  await start('--data', data)
}, 60_000)

test('an address that metrics cannot have is named by its own variables', async () => {
  const first = await start('--data', newData())
  const { port } = new URL(first.url)
  const args = ['start', '--port', '0', '--data', newData()]
  const { status, stderr } = await runCli(args, { SEALGATE_METRICS_PORT: port })
  expect(status).toBe(2)
  expect(stderr).toContain(`The metrics cannot be served at 127.0.0.1, port ${port} (EADDRINUSE)`)
  expect(stderr).not.toContain('--port')
  const without = await runCli(args, { SEALGATE_METRICS_HOST: '0.0.0.0' })
  expect(without).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('SEALGATE_METRICS_PORT is needed'),
  })
}, 60_000)

test('a data folder in use is named, with what to do', async () => {
  const data = newData()
  await start('--data', data)
  const { status, stderr } = await runCli(['start', '--port', '0', '--data', data])
  expect(status).toBe(2)
  expect(stderr).toContain(`Another gateway uses the data folder ${data}`)
  expect(stderr).toContain('--data')
}, 60_000)

test('a folder without a file of SDL is refused: others end in .gql', async () => {
  const data = newData()
  const folder = join(dirname(data), 'sdl')
  mkdirSync(folder)
  writeFileSync(join(folder, 'person.gql'), 'type Person @model { id: ID! }')
  const { status, stderr } = await runCli(['start', '--schema', folder, '--data', data])
  expect(status).toBe(2)
  expect(stderr).toContain(`There is no file in ${folder} whose name ends in .graphql.`)
})

test('a file in the place of the data folder, and a host of no name, are told as what they are', async () => {
  const data = newData()
  writeFileSync(data, '')
  const file = await runCli(['start', '--data', data])
  expect(file).toMatchObject({ status: 1, stderr: expect.stringContaining(`${data} is needed as a folder`) })
  const host = await runCli(['start', '--data', newData(), '--host', 'no such host'])
  expect(host).toMatchObject({ status: 1, stderr: expect.stringContaining('--host, or SEALGATE_HOST') })
})

test('a database that cannot be opened is told with its folder and why', async () => {
  const data = newData()
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'database'), '')
  const { status, stderr } = await runCli(['start', '--data', data])
  expect(status).toBe(2)
  expect(stderr).toContain(`The embedded database cannot use ${join(data, 'database')}: `)
})

test('a misspelt variable is told at the start, without its value', async () => {
  const gateway = await startGatewayCli(['--data', newData()], {
    SEALGATE_SHEMA: 'elsewhere',
    SEALGATE_PORT_4000_TCP_ADDR: '10.0.0.1',
    SEALGATE_TEST_SERVICES: 'vault',
  })
  started.push(gateway)
  expect(gateway.output.stderr).toBe(
    'warning: SEALGATE_SHEMA is read by nothing. Is SEALGATE_SCHEMA meant?\n',
  )
})

test('mistakes in the schema are shown with file, line, caret and fix, all at once', async () => {
  const data = newData()
  const schema = join(data, 'schema')
  mkdirSync(schema, { recursive: true })
  writeFileSync(
    join(schema, 'person.graphql'),
    `type Person @model @access(read: ["role:ADMIN", "rol:STAFF"]) {
  id: ID!
  name: String @masked(as: LAST_FIVE)
}
`,
  )
  const { status, stdout, stderr } = await runCli([
    'start',
    '--port',
    '0',
    '--data',
    data,
    '--schema',
    schema,
  ])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain('person.graphql:3')
  expect(stderr).toMatch(/^ +\| +\^$/m)
  expect(stderr).toContain('Fix: ')
  expect(stderr).not.toMatch(/^\s+at .*\.js:\d+/m)
})

/** A request that the gateway has begun and that ends only when its body does. */
async function beginRequest(
  gateway: RunningGateway,
): Promise<{ socket: Socket; finish: () => Promise<string> }> {
  const { port } = new URL(gateway.url)
  const body = JSON.stringify({ query: names })
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const head = [
    'POST /graphql HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    `authorization: Bearer ${gateway.tokens.Administrator ?? ''}`,
    'connection: close',
    // The gateway answers this before the body is sent: then the request has begun.
    'expect: 100-continue',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  await once(socket, 'data')
  const finish = async (): Promise<string> => {
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.write(body)
    await once(socket, 'close')
    return answer
  }
  return { socket, finish }
}

const stopping = async ({ child, output }: RunningCli): Promise<void> => {
  while (!output.stderr.includes('Stopping')) await once(child.stderr ?? child, 'data')
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s lets a running request end, then stops with status 0',
  async (signal) => {
    const gateway = await start('--data', newData())
    const { finish } = await beginRequest(gateway)
    const closed = once(gateway.child, 'close')
    gateway.child.kill(signal)
    await stopping(gateway)
    const answer = await finish()
    expect(answer).toContain('200 OK')
    expect(answer).toContain('Ana Pérez García')
    expect(await closed).toEqual([0, null])
  },
  60_000,
)

test('a second Ctrl-C stops at once', async () => {
  const gateway = await start('--data', newData())
  const { socket } = await beginRequest(gateway)
  socket.on('error', () => undefined)
  const closed = once(gateway.child, 'close')
  gateway.child.kill('SIGINT')
  await stopping(gateway)
  gateway.child.kill('SIGINT')
  expect(await closed).toEqual([130, null])
}, 60_000)

test.each(['Promise.reject(new Error("a secret"))', 'setTimeout(() => { throw new Error("a secret") })'])(
  'what nobody caught becomes one line of the log without its message, and status 1: %s',
  (failure) => {
    const module = pathToFileURL(join(dist, 'cli/start/end-process.js')).href
    const script = `
      import { endOnFailure } from ${JSON.stringify(module)}
      endOnFailure({ fatal: (details, message) => console.log(JSON.stringify({ ...details, message })) })
      ${failure}`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: 'Error' })
    expect(stdout).not.toContain('a secret')
  },
)

test('colours are for terminals, and not where NO_COLOR is set', async () => {
  const args = ['explain', 'Customer.email', '--role', 'ADMIN']
  expect((await runCli(args)).stdout).not.toContain('\u001b')
  expect((await runCli(args, { FORCE_COLOR: '1' })).stdout).toContain('\u001b[32m')
  expect((await runCli(args, { NO_COLOR: '1' })).stdout).not.toContain('\u001b')
})

test('the example owner sees the rows of their own, and no others', async () => {
  const data = newData()
  const gateway = await start('--data', data)
  const ids = JSON.parse(readFileSync(join(data, 'example-ids.json'), 'utf8')) as Record<string, string>
  const { data: found } = await ask(gateway.url, gateway.tokens.Owner ?? '', '{ customers { nodes { id } } }')
  expect(found.customers.nodes).toEqual([{ id: ids.ana }])
}, 60_000)
