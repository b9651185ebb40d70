import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

describe.each(['planned', 'graphql-js'] as const)('under the executor %s', (executor) => {
  let gateway: TestGateway
  let customers: string[]
  const admin = { roles: ['ADMIN'] }

  beforeAll(async () => {
    customers = []
    // Without an audit log, whose key would be counted too.
    gateway = await createTestGateway({ executor, audit: 'off' })
    for (const fullName of ['Ana', 'Bob']) {
      const made = await gateway.ask(
        admin,
        'mutation ($name: String!) { createCustomer(input: { fullName: $name }) { id } }',
        {
          name: fullName,
        },
      )
      const id = made.data.createCustomer.id as string
      customers.push(id)
      for (const note of ['first', 'second']) {
        const input = {
          customerId: id,
          placedAt: '2026-01-01T00:00:00Z',
          status: 'PAID',
          total: 1,
          currency: 'EUR',
          deliveryNote: `${note} of ${fullName}`,
        }
        await gateway.ask(
          admin,
          'mutation ($input: OrderCreateInput!) { createOrder(input: $input) { id } }',
          { input },
        )
      }
    }
    gateway.gateway.keyRing.clear()
  })

  afterAll(() => gateway.close())

  test('orders of many customers cost one key-service call for each kind of key', async () => {
    const before = gateway.gateway.keyRing.counters
    const { data, errors } = await gateway.ask(
      admin,
      '{ customers { nodes { fullName orders { deliveryNote customer { fullName } } } } }',
    )
    expect(errors).toEqual([])
    expect(data.customers.nodes).toEqual(
      ['Ana', 'Bob'].map((fullName) => ({
        fullName,
        orders: ['first', 'second'].map((note) => ({
          deliveryNote: `${note} of ${fullName}`,
          customer: { fullName },
        })),
      })),
    )
    const after = gateway.gateway.keyRing.counters
    expect({
      unwraps: after.unwraps - before.unwraps,
      trips: after.unwrapTrips - before.unwrapTrips,
    }).toEqual({ unwraps: 2, trips: 1 })
  })

  test('a relation in a shared fragment brings what each place selects', async () => {
    const query = `query ($a: ID!, $b: ID!) {
      a: customer(id: $a) { ...ids }
      b: customer(id: $b) { ...ids orders { deliveryNote } }
      c: customer(id: $a) { ...ids orders { status } }
    }
    fragment ids on Customer { orders { id } }`
    const { data, errors } = await gateway.ask(admin, query, { a: customers[0], b: customers[1] })
    expect(errors).toEqual([])
    expect(data.b.orders).toMatchObject([{ deliveryNote: 'first of Bob' }, { deliveryNote: 'second of Bob' }])
    expect(Object.keys(data.a.orders[0])).toEqual(['id'])
    expect(data.c.orders[0]).toMatchObject({ status: 'PAID' })
  })
})
