import { describe, expect, it } from '@jest/globals'
import { buildSchema, parse, type DocumentNode } from 'graphql'
import { buildExecutionContext } from 'graphql/execution/execute.js'
import { openOperation, PlanCache } from '../../../../src/server/executor/plan-cache.ts'

const schema = buildSchema('type Query { text: String, echo(text: String): String }')
const queryType = schema.getQueryType()

function plan(cache: PlanCache, document: DocumentNode, variableValues = {}, operationName?: string) {
  const context = buildExecutionContext({ schema, document, variableValues, operationName })
  if (!('schema' in context) || !queryType) throw new Error('The request is not valid.')
  const plans = cache.open(document)
  const { fieldCount } = plans
  const selection = openOperation(plans, context, queryType)
  cache.keep(document, plans, fieldCount)
  return selection
}

describe('remembered plans', () => {
  it('serve the same document again, whatever the values of its variables', () => {
    const cache = new PlanCache(10)
    const document = parse('query ($t: String) { echo(text: $t) }')
    const first = plan(cache, document, { t: 'a' })
    expect(plan(cache, document, { t: 'b' })).toBe(first)
    expect(plan(cache, parse('query ($t: String) { echo(text: $t) }'))).not.toBe(first)
  })

  it('differ by operation and by what @skip and @include come to', () => {
    const cache = new PlanCache(10)
    const document = parse('query A($on: Boolean = true) { text @skip(if: $on) echo } query B { text }')
    const fieldNames = (variables: object, name: string) =>
      plan(cache, document, variables, name).fields.map(({ responseKey }) => responseKey)
    expect(fieldNames({}, 'A')).toEqual(['echo'])
    expect(fieldNames({ on: false }, 'A')).toEqual(['text', 'echo'])
    expect(fieldNames({ on: true }, 'A')).toEqual(['echo'])
    expect(fieldNames({}, 'B')).toEqual(['text'])
    expect([...cache.open(document).operations.keys()]).toEqual(['A true', 'A false', 'B undefined'])
  })

  it('are bounded in number, the least recently used going first', () => {
    const cache = new PlanCache(2)
    const [a, b, c] = [parse('{ text }'), parse('{ text }'), parse('{ text }')]
    const first = plan(cache, a)
    const second = plan(cache, b)
    expect(plan(cache, a)).toBe(first)
    plan(cache, c)
    expect(plan(cache, a)).toBe(first)
    expect(plan(cache, b)).not.toBe(second)
  })

  it('are bounded in size: a document that outgrows them is answered and forgotten', () => {
    const cache = new PlanCache(1)
    const aliases = Array.from({ length: 200 }, (_, index) => `a${index}: text`).join(' ')
    const document = parse(`{ ${aliases} }`)
    expect(plan(cache, document).fields).toHaveLength(200)
    expect(cache.open(document).operations.size).toBe(0)
  })
})
