#!/usr/bin/env node
// @ts-check
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { generateCustomers } from './generate.mjs'
import { createRandom } from './random.mjs'

const usage = `Usage: node examples/fintech/load.mjs --token TOKEN [--url URL] [--count N] [--batch N] [--seed N]
                                      [--orders N] [--parallel N]

Loads made-up customers, and a few orders of each, into a running gateway.

  --token     of a viewer who may create customers and orders; or the variable SEALGATE_TOKEN
  --url       default http://127.0.0.1:4000/graphql
  --count     customers, default 1000
  --batch     customers of one request, default 100
  --seed      another seed gives other customers, default 1
  --orders    the most orders of one customer, default 3; 0 loads none
  --parallel  requests at a time, default 4

Exits with 1 when an item was refused.`

const createCustomers = `mutation ($inputs: [CustomerCreateInput!]!) {
  outcomes: createCustomers(inputs: $inputs) { document { id } error { code inputPath } }
}`
const createOrders = `mutation ($inputs: [OrderCreateInput!]!) {
  outcomes: createOrders(inputs: $inputs) { document { id } error { code inputPath } }
}`

/**
 * @typedef {{ document: { id: string } | null, error: { code: string, inputPath: string | null } | null }} Outcome
 * @typedef {{ loaded: number, errors: Map<string, number> }} Tally
 */

/** Sends batches to a gateway, and counts what becomes of each item. */
class Loader {
  #url
  #token
  /** @type {Tally} */
  customers = { loaded: 0, errors: new Map() }
  /** @type {Tally} */
  orders = { loaded: 0, errors: new Map() }

  /** @param {{ url: string, token: string }} options */
  constructor({ url, token }) {
    this.#url = url
    this.#token = token
  }

  /** @param {readonly object[]} inputs @returns {Promise<string[]>} ids of the customers that were created */
  loadCustomers(inputs) {
    return this.#load(createCustomers, inputs, this.customers)
  }

  /** @param {readonly object[]} inputs */
  loadOrders(inputs) {
    return this.#load(createOrders, inputs, this.orders)
  }

  /** @param {string} query @param {readonly object[]} inputs @param {Tally} tally */
  async #load(query, inputs, tally) {
    const ids = []
    for (const { document, error } of await this.#send(query, inputs)) {
      if (document === null) count(tally, error?.code ?? 'UNKNOWN')
      else ids.push(document.id)
    }
    tally.loaded += ids.length
    return ids
  }

  /** @param {string} query @param {readonly object[]} inputs @returns {Promise<Outcome[]>} */
  async #send(query, inputs) {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
      body: JSON.stringify({ query, variables: { inputs } }),
    })
    const { data, errors } = await response.json()
    if (data?.outcomes) return data.outcomes
    const [{ message, extensions } = { message: 'no answer', extensions: {} }] = errors ?? []
    throw new Error(`The gateway refused a whole batch (${response.status}): ${extensions?.code} ${message}`)
  }
}

/** @param {Tally} tally @param {string} code */
function count({ errors }, code) {
  errors.set(code, (errors.get(code) ?? 0) + 1)
}

/** @param {string} customerId @param {import('./random.mjs').Random} random @param {number} most */
function generateOrders(customerId, random, most) {
  return Array.from({ length: random.integer(0, most) }, () => ({
    customerId,
    placedAt: new Date(Date.UTC(2025, 0, 1) + random.integer(0, 500 * 24 * 3600) * 1000).toISOString(),
    status: random.pick(['PENDING', 'PAID', 'SHIPPED', 'RETURNED']),
    total: random.integer(500, 50_000) / 100,
    currency: 'EUR',
    ...(random.integer(0, 2) === 0 ? { deliveryNote: `Door code ${random.digits(4)}` } : {}),
  }))
}

/** @template T @param {Iterable<T>} items @param {number} size @returns {Generator<T[]>} */
function* inBatches(items, size) {
  /** @type {T[]} */
  let batch = []
  for (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/**
 * Several senders take batches from one source, so that the gateway seals one while its database stores another.
 *
 * @template T
 * @param {Iterator<T>} batches
 * @param {number} parallel
 * @param {(batch: T) => Promise<void>} send
 */
async function sendAll(batches, parallel, send) {
  const sender = async () => {
    for (let next = batches.next(); next.done !== true; next = batches.next()) await send(next.value)
  }
  await Promise.all(Array.from({ length: parallel }, sender))
}

/**
 * @param {Loader} loader
 * @param {{ seed: number, count: number, batch: number, orders: number, parallel: number }} options
 */
async function load(loader, { seed, count, batch, orders, parallel }) {
  /** @type {string[]} */
  const ids = []
  const started = performance.now()
  await sendAll(inBatches(generateCustomers({ seed, count }), batch), parallel, async (customers) => {
    ids.push(...(await loader.loadCustomers(customers)))
    showProgress('customers', ids.length, count, started)
  })
  report('customers', loader.customers, started)
  if (orders === 0) return
  const ordersStarted = performance.now()
  const made = function* () {
    for (const [index, id] of ids.entries()) yield* generateOrders(id, createRandom(seed + 1, index), orders)
  }
  await sendAll(inBatches(made(), batch), parallel, async (inputs) => {
    await loader.loadOrders(inputs)
    showProgress('orders', loader.orders.loaded, undefined, ordersStarted)
  })
  report('orders', loader.orders, ordersStarted)
}

/** @param {string} what @param {number} done @param {number | undefined} total @param {number} started */
function showProgress(what, done, total, started) {
  if (!process.stderr.isTTY) return
  const perSecond = Math.round((done * 1000) / (performance.now() - started))
  process.stderr.write(`\r\x1b[K${what} ${done}${total === undefined ? '' : ` of ${total}`}, ${perSecond}/s`)
}

/** @param {string} what @param {Tally} tally @param {number} started */
function report(what, { loaded, errors }, started) {
  const seconds = (performance.now() - started) / 1000
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  process.stdout.write(`${loaded} ${what} in ${seconds.toFixed(1)} s: ${Math.round(loaded / seconds)}/s\n`)
  for (const [code, number] of errors) process.stdout.write(`  ${number} refused: ${code}\n`)
}

/** @param {string} name @param {string} text @param {number} least */
function readWholeNumber(name, text, least) {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text)
  throw new RangeError(`--${name} must be a whole number from ${least}`)
}

async function main() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
      token: { type: 'string', default: process.env.SEALGATE_TOKEN ?? '' },
      count: { type: 'string', default: '1000' },
      batch: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      orders: { type: 'string', default: '3' },
      parallel: { type: 'string', default: '4' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return
  }
  if (values.token === '') throw new RangeError('--token is needed')
  const options = {
    seed: readWholeNumber('seed', values.seed, 0),
    count: readWholeNumber('count', values.count, 1),
    batch: readWholeNumber('batch', values.batch, 1),
    orders: readWholeNumber('orders', values.orders, 0),
    parallel: readWholeNumber('parallel', values.parallel, 1),
  }
  const loader = new Loader({ url: values.url, token: values.token })
  await load(loader, options)
  if (loader.customers.errors.size + loader.orders.errors.size > 0) process.exitCode = 1
}

const script = process.argv[1]
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  main().catch((/** @type {Error & { cause?: { code?: string } }} */ error) => {
    const wrong =
      error instanceof RangeError ||
      /** @type {{ code?: string }} */ (error).code?.startsWith('ERR_PARSE_ARGS')
    process.stderr.write(
      `${error.cause?.code ?? ''} ${error.message}${wrong ? `\n\n${usage}` : ''}\n`.trimStart(),
    )
    process.exitCode = wrong ? 2 : 1
  })
}
