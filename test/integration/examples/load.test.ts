import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

const script = fileURLToPath(new URL('../../../examples/fintech/load.mjs', import.meta.url))
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

async function load(...args: readonly string[]): Promise<Run> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [script, '--url', url, ...args])) }
  } catch (error) {
    return error as Run
  }
}

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
