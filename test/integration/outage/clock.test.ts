import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

const admin = { roles: ['ADMIN'] }
const create = 'mutation ($name: String!) { createCustomer(input: { fullName: $name }) { id } }'
const day = 86_400_000

let gateway: TestGateway

beforeEach(async () => {
  gateway = await createTestGateway()
})

afterEach(async () => {
  jest.useRealTimers()
  await gateway.close()
})

/** Moves the wall clock alone; what measures time runs on. */
function moveClock(by: number): void {
  jest.useFakeTimers({
    now: Date.now() + by,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  })
}

test.each([
  ['forward', day],
  ['back', -day],
])(
  'a wall clock that is moved a day %s ends no key early, keeps none longer, and stops nobody',
  async (_way, by) => {
    const { keyRing } = gateway.gateway
    expect((await gateway.ask(admin, create, { name: 'Ana' })).errors).toEqual([])
    const before = keyRing.counters
    moveClock(by)
    const read = await gateway.ask(admin, '{ customers { nodes { fullName } } }')
    expect(read.data.customers.nodes).toEqual([{ fullName: 'Ana' }])
    expect((await gateway.ask(admin, create, { name: 'Ben' })).errors).toEqual([])
    // Those of Ben are made; none is unwrapped again.
    expect(keyRing.counters.unwraps).toBe(before.unwraps)
    const ready = await gateway.gateway.app.inject('/health/ready')
    expect(ready.json()).toMatchObject({ status: 'ok', keyStatesKnown: true })
    keyRing.clear()
    const again = await gateway.ask(admin, '{ customers { nodes { fullName } } }')
    expect(again.data.customers.nodes).toEqual([{ fullName: 'Ana' }, { fullName: 'Ben' }])
  },
)
