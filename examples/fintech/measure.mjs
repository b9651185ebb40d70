#!/usr/bin/env node
// @ts-check
import { parseArgs } from 'node:util'

const usage = `Usage: node examples/fintech/measure.mjs --token TOKEN --email EMAIL [--url URL] [--page N]

Searches a running gateway for a customer by e-mail, 200 times, and reads all customers page by page.

  --token  of a viewer who sees customers in clear; or the variable SEALGATE_TOKEN
  --url    default http://127.0.0.1:4000/graphql
  --page   customers of a page, default 100`

const searches = 200

const search = `query ($email: String!) {
  customers(filter: { email: { eq: $email } }) { nodes { id fullName email } }
}`
const page = `query ($first: Int!, $after: String) {
  customers(first: $first, after: $after) { nodes { id fullName email } pageInfo { hasNextPage endCursor } }
}`

/** @param {number[]} times @param {number} share */
function quantile(times, share) {
  const sorted = times.toSorted((one, other) => one - other)
  return `${(sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1)} ms`
}

/** @template T @param {number[]} times @param {() => Promise<T>} call */
async function time(times, call) {
  const started = performance.now()
  const result = await call()
  times.push(performance.now() - started)
  return result
}

async function main() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
      token: { type: 'string', default: process.env.SEALGATE_TOKEN ?? '' },
      email: { type: 'string', default: '' },
      page: { type: 'string', default: '100' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help || values.token === '' || values.email === '') {
    process.stderr.write(`${usage}\n`)
    process.exitCode = values.help ? 0 : 2
    return
  }
  /** @param {string} query @param {object} variables */
  const ask = async (query, variables) => {
    const response = await fetch(values.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${values.token}` },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = await response.json()
    if (!data?.customers) throw new Error(errors?.[0]?.message ?? `status ${response.status}`)
    return data.customers
  }

  /** @type {number[]} */
  const searchTimes = []
  let found = 0
  for (let count = 0; count < searches; count += 1) {
    found = (await time(searchTimes, () => ask(search, { email: values.email }))).nodes.length
  }
  const [median, slow] = [quantile(searchTimes, 0.5), quantile(searchTimes, 0.95)]
  process.stdout.write(`search by e-mail: ${found} found; median ${median}, 95 % within ${slow}\n`)

  /** @type {number[]} */
  const pageTimes = []
  const ids = new Set()
  let after = null
  do {
    const variables = { first: Number(values.page), after }
    const { nodes, pageInfo } = await time(pageTimes, () => ask(page, variables))
    for (const { id } of nodes) ids.add(id)
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after !== null)
  const third = Math.ceil(pageTimes.length / 3)
  const [first, last] = [pageTimes.slice(0, third), pageTimes.slice(-third)].map((times) =>
    quantile(times, 0.5),
  )
  process.stdout.write(
    `${ids.size} customers on ${pageTimes.length} pages: median of the first third ${first}, of the last ${last}\n`,
  )
}

main().catch((/** @type {Error} */ error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})
