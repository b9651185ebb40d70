import { describe, it } from '@jest/globals'
import fc from 'fast-check'
import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
  type GraphQLCompositeType,
} from 'graphql'
import { compareExecutors } from './compare-executors.ts'
import { zooSchema } from './zoo-schema.ts'

const fragments = `
  fragment OnQuery on Query { text self { required ...More } named { name ...OnNamed } }
  fragment More on Query { number requiredQueries { text slowText } }
  fragment OnNamed on Named { name ... on Dog { barks self { name } } ... on Cat { lives } }
  fragment OnThing on Thing { __typename ... on Rock { weight } ...OnNamed }
`
const fragmentNames: Readonly<Record<string, readonly string[]>> = {
  Query: ['OnQuery', 'More'],
  Named: ['OnNamed'],
  Dog: ['OnNamed', 'OnThing'],
  Cat: ['OnNamed'],
  Thing: ['OnThing', 'OnNamed'],
  Rock: ['OnThing'],
}
const directive = fc.constantFrom(
  '',
  '',
  '',
  '',
  '@skip(if: $a)',
  '@include(if: $a)',
  '@skip(if: $b)',
  '@include(if: true)',
  '@skip(if: true)',
  '@skip(if: $a) @include(if: $b)',
)
const args = fc.constantFrom(
  '(text: "x")',
  '(text: $t)',
  '(list: [1, $n])',
  '(input: { inner: { text: $t, color: RED } })',
  '(json: { k: [$t, 1.5, null] })',
  '(choice: { text: "one" })',
)

function selectionSet(type: GraphQLCompositeType, depth: number): fc.Arbitrary<string> {
  const choices: fc.Arbitrary<string>[] = [directive.map((on) => `__typename ${on}`)]
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      const below = getNamedType(field.type)
      if (isCompositeType(below)) {
        if (depth > 0) {
          choices.push(
            fc
              .tuple(directive, selectionSet(below, depth - 1))
              .map(([on, inner]) => `${field.name} ${on} ${inner}`),
          )
        }
      } else if (field.name === 'echo') {
        choices.push(fc.tuple(fc.nat(9), args, directive).map(([n, text, on]) => `e${n}: echo${text} ${on}`))
      } else if (field.name === 'needs') {
        choices.push(directive.map((on) => `needs(number: $n) ${on}`))
      } else {
        choices.push(
          fc
            .tuple(fc.boolean(), directive)
            .map(([aliased, on]) =>
              aliased ? `${field.name}2: ${field.name} ${on}` : `${field.name} ${on}`,
            ),
        )
      }
    }
  }
  if (depth > 0 && isAbstractType(type)) {
    for (const possible of zooSchema.getPossibleTypes(type)) {
      choices.push(
        fc
          .tuple(directive, selectionSet(possible, depth - 1))
          .map(([on, inner]) => `... on ${possible.name} ${on} ${inner}`),
      )
    }
  }
  for (const name of fragmentNames[type.name] ?? []) {
    choices.push(directive.map((on) => `...${name} ${on}`))
  }
  return fc
    .array(fc.oneof(...choices), { minLength: 1, maxLength: 6 })
    .map((selections) => `{ ${selections.join(' ')} }`)
}

/**
 * Makes a value each time it is read: a promise that nobody reads never exists. Items of lists that may have no holes either all
 * fail at once or all later: graphql-js ends the process for an item that rejects after another has thrown.
 */
type Make = () => unknown

const throws: Make = () => {
  throw new Error('thrown')
}
const outcome = (good: fc.Arbitrary<Make>): fc.Arbitrary<Make> =>
  fc.oneof(
    { weight: 8, arbitrary: good },
    { weight: 1, arbitrary: fc.constant<Make>(() => null) },
    { weight: 1, arbitrary: fc.constant<Make>(() => new Error('given')) },
    {
      weight: 1,
      arbitrary: fc.constant(throws),
    },
    { weight: 1, arbitrary: fc.constant<Make>(() => Promise.reject(new Error('rejected'))) },
    {
      weight: 2,
      arbitrary: good.map(
        (make): Make =>
          () =>
            Promise.resolve().then(make),
      ),
    },
    {
      weight: 1,
      arbitrary: good.map(
        (make): Make =>
          () =>
            make,
      ),
    },
  )
const list = (item: fc.Arbitrary<Make>): fc.Arbitrary<Make> =>
  fc.array(item, { maxLength: 3 }).map(
    (items): Make =>
      () =>
        items.map((make) => make()),
  )
const pending = (item: fc.Arbitrary<Make>): fc.Arbitrary<Make> =>
  item.map(
    (make): Make =>
      () =>
        Promise.resolve().then(make),
  )
const constant = (value: unknown): fc.Arbitrary<Make> => fc.constant(() => value)

function record(properties: Readonly<Record<string, fc.Arbitrary<Make>>>): fc.Arbitrary<Make> {
  return fc.record(properties).map((makers): Make => () => {
    const object = {}
    for (const [name, get] of Object.entries(makers)) {
      Object.defineProperty(object, name, { get, enumerable: true })
    }
    return object
  })
}

const returned = (item: fc.Arbitrary<Make>): fc.Arbitrary<Make> =>
  fc.oneof(
    { weight: 4, arbitrary: outcome(item).filter((make) => make !== throws) },
    { weight: 1, arbitrary: constant(undefined) },
  )
const leafItem = fc.constantFrom<Make>(
  () => 'item',
  () => null,
  () => new Error('item'),
  () => ({}),
)

const animal = fc.constantFrom('Dog', 'Cat', 'Stray', 'Rock', 'Nobody').chain((kind) =>
  record({
    kind: constant(kind),
    name: outcome(constant('Rex')),
    barks: outcome(constant(true)),
    lives: outcome(constant(9)),
    weight: outcome(constant(1.5)),
  }),
)

function query(depth: number): fc.Arbitrary<Make> {
  const below = depth > 0 ? fc.oneof(query(depth - 1)) : constant({})
  return record({
    text: outcome(constant('text')),
    required: outcome(constant('required')),
    number: outcome(
      fc.constantFrom<Make>(
        () => 1,
        () => 'no number',
      ),
    ),
    color: outcome(
      fc.constantFrom<Make>(
        () => 'RED',
        () => 'BLUE',
      ),
    ),
    odd: outcome(
      fc.constantFrom<Make>(
        () => 'odd',
        () => 'later',
        () => 'nothing',
        () => 'throws',
      ),
    ),
    texts: outcome(list(leafItem)),
    requiredTexts: outcome(fc.oneof(list(leafItem), list(pending(outcome(constant('later')))))),
    matrix: outcome(
      list(
        list(
          fc.constantFrom<Make>(
            () => 1,
            () => null,
            () => 'no number',
          ),
        ),
      ),
    ),
    self: outcome(below),
    selfNonNull: outcome(below),
    queries: outcome(list(pending(outcome(below)))),
    requiredQueries: outcome(list(pending(outcome(below)))),
    named: outcome(animal),
    namedList: outcome(list(returned(animal))),
    thing: outcome(animal),
    things: outcome(list(pending(outcome(animal)))),
    checked: outcome(
      fc.constantFrom<Make>(
        () => ({ good: 'g' }),
        () => ({ bad: true }),
        () => ({}),
      ),
    ),
  })
}

const rules = specifiedRules.filter(
  (rule) => rule !== NoUnusedFragmentsRule && rule !== NoUnusedVariablesRule,
)
const queryType = zooSchema.getQueryType()

describe('the planned executor, on random documents and data', () => {
  it('answers as graphql-js does, with the same errors in the same order and the same resolver calls', async () => {
    if (!queryType) throw new Error('The schema has no query type.')
    const variables = fc.record({
      a: fc.boolean(),
      b: fc.boolean(),
      t: fc.string(),
      n: fc.constantFrom<unknown>(1, null),
    })
    const request = fc.record({
      selections: selectionSet(queryType, 2),
      createRoot: query(2),
      variables,
      earlierVariables: variables,
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ selections, ...rest }) => {
        const source = `query ($a: Boolean!, $b: Boolean!, $t: String, $n: Int = 3) ${selections} ${fragments}`
        fc.pre(validate(zooSchema, parse(source), rules).length === 0)
        await compareExecutors(zooSchema, { source, ...rest })
      }),
      { numRuns: 300 },
    )
  }, 60_000)
})
