import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

const folder = fileURLToPath(new URL('../../../examples/fintech/', import.meta.url))
let t: TestGateway
let url: string

beforeAll(async () => {
  t = await createTestGateway()
  url = `${await t.gateway.app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
})

afterAll(() => t.close())

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(script: string, args: readonly string[]): Promise<Run> {
  try {
    const output = await promisify(execFile)(process.execPath, [`${folder}${script}`, '--url', url, ...args])
    return { code: 0, ...output }
  } catch (error) {
    return error as Run
  }
}

const load = (...args: readonly string[]): Promise<Run> => run('load.mjs', args)

describe('load.mjs', () => {
  test('loads customers and orders, and prints how many and how fast', async () => {
    const token = await t.token({ roles: ['ADMIN'] })
    const { code, stdout } = await load('--token', token, '--count', '35', '--batch', '10', '--seed', '7')
    expect(stdout).toMatch(/^35 customers in [\d.]+ s: \d+\/s\n\d+ orders in [\d.]+ s: \d+\/s\n$/)
    expect(code).toBe(0)
    expect(await t.raw('customers').countDocuments()).toBe(35)
    expect(await t.raw('orders').countDocuments()).toBe(Number(/(\d+) orders/.exec(stdout)?.[1]))
  })

  test('counts what was refused, item by item, and exits with 1', async () => {
    const token = await t.token({ roles: ['ADMIN'] })
    const { code, stdout } = await load('--token', token, '--count', '36', '--seed', '7', '--orders', '0')
    expect(stdout).toMatch(/^1 customers in .*\n {2}35 refused: CONFLICT\n$/)
    expect(code).toBe(1)
  })

  test('says what the gateway says when it refuses a whole batch', async () => {
    const token = await t.token({ roles: ['ANALYST'] })
    expect(await load('--token', token)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('FORBIDDEN'),
    })
  })

  test.each([
    [['--token', 'x', '--count', 'ten']],
    [['--token', 'x', '--parallel', '0']],
    [['--nonsense']],
    [[]],
  ])('exits with 2 and its usage for the arguments %j', async (args) => {
    expect(await load(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') })
  })
})

describe('measure.mjs', () => {
  test('finds a customer by e-mail and reads every page', async () => {
    const token = await t.token({ roles: ['ADMIN'] })
    const { data } = await t.ask({ roles: ['ADMIN'] }, '{ customers(first: 1) { nodes { email } } }')
    const args = ['--token', token, '--email', data.customers.nodes[0].email, '--page', '10']
    const { stdout, stderr } = await run('measure.mjs', args)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^search by e-mail: 1 found; median [\d.]+ ms/)
    expect(stdout).toMatch(/^36 customers on 4 pages: /m)
  })

  test('exits with 1 when the viewer may not search, and with 2 without arguments', async () => {
    const token = await t.token({ kind: 'service', roles: ['SUPPORT'] })
    expect(await run('measure.mjs', ['--token', token, '--email', 'a@example.com'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Customer.email'),
    })
    expect(await run('measure.mjs', [])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') })
  })
})
