import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { parse, validate } from 'graphql'
import { compareExecutors } from './compare-executors.ts'
import { zooSchema } from './zoo-schema.ts'

const marker = 'MARKER'
const hostile: readonly string[] = [
  `'${marker}'`,
  `"${marker}"`,
  `\`${marker}\``,
  `\${${marker}}`,
  `\\${marker}\\`,
  `\\"${marker}\\'`,
  `*/${marker}/*`,
  `//${marker}`,
  `\n${marker}\r\n`,
  `\u2028${marker}\u2029`,
  `\u0000${marker}\uFEFF`,
  `</script>${marker}<!--`,
  `]});${marker}({[`,
  `"+${marker}+"`,
  `__proto__${marker}`,
  `__MAGIC_NAN__${marker}`,
]

/** Where a client can put text; `"""` and `"` hold a JSON-escaped string alike where it has no line breaks. */
const positions: Readonly<Record<string, (literal: string) => string>> = {
  argument: (literal) => `{ echo(text: ${literal}) }`,
  'nested input object': (literal) => `{ echo(input: { inner: { text: ${literal} } }) }`,
  'custom scalar': (literal) => `{ echo(json: { a: [${literal}, { b: ${literal} }] }) }`,
  'one-of input': (literal) => `{ echo(choice: { text: ${literal} }) }`,
  'default of a variable': (literal) => `query ($t: String = ${literal}) { echo(text: $t) }`,
  'default of a variable of a custom scalar': (literal) =>
    `query ($j: Json = { a: ${literal} }) { echo(json: $j) }`,
  'argument below a list': (literal) => `{ queries { echo(text: ${literal}) } }`,
  mutation: (literal) => `mutation { append(text: ${literal}) }`,
  introspection: (literal) => `{ __type(name: ${literal}) { name } echo }`,
}
const cases = Object.entries(positions).flatMap(([position, createSource]) =>
  hostile.map((text) => ({ position, text, source: createSource(JSON.stringify(text)) })),
)
const createRoot = () => ({ queries: [{}, {}] })

describe('text of a client', () => {
  const generated: string[] = []
  const realFunction = globalThis.Function
  const realEval = globalThis.eval
  const listen = (args: readonly unknown[]): void => void generated.push(args.join('\n'))

  beforeEach(() => {
    generated.length = 0
    globalThis.Function = new Proxy(realFunction, {
      construct(target, args: unknown[], newTarget) {
        listen(args)
        return Reflect.construct(target, args, newTarget) as object
      },
      apply(target, receiver, args: unknown[]) {
        listen(args)
        return Reflect.apply(target, receiver, args) as unknown
      },
    })
    globalThis.eval = new Proxy(realEval, {
      apply(target, receiver, args: [string]) {
        listen(args)
        return Reflect.apply(target, receiver, args) as unknown
      },
    })
  })
  afterEach(() => {
    globalThis.Function = realFunction
    globalThis.eval = realEval
  })

  it('would be heard by this test if it were made into code', () => {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    expect(new Function(`return '${marker}'`)).toBeInstanceOf(realFunction)
    expect(generated).toEqual([`return '${marker}'`])
  })

  it.each(cases)('is a value and nothing else: $text as $position', async ({ source }) => {
    expect(validate(zooSchema, parse(source))).toEqual([])
    const { data, errors } = await compareExecutors(zooSchema, { source, createRoot })
    expect(errors).toBeUndefined()
    if (!source.includes('__type')) expect(data).toContain(marker)
    expect(generated).toEqual([])
  })

  it('comes back as it was sent', async () => {
    const { errors, trace } = await compareExecutors(zooSchema, {
      source: `query ($t: String) { ${hostile
        .map((text, index) => `a${index}: echo(text: ${JSON.stringify(text)})`)
        .join(' ')} all: echo(text: $t) }`,
      variables: { t: hostile.join('') },
    })
    expect(errors).toBeUndefined()
    const received = trace.map(
      (call) => (JSON.parse((call as { args: string }).args) as { text: string }).text,
    )
    expect(received).toEqual([...hostile, hostile.join('')])
    expect(generated).toEqual([])
  })

  it('generates no code as a block string, an enum value, a directive argument or a name either', async () => {
    const sources = [
      `{ echo(text: """\n  ${marker} \\""" \`\${${marker}}\` */ ' \\\n""") }`,
      `{ echo(json: ${marker}) }`,
      `query ${marker} ($${marker}: Boolean = true) { ${marker}: text @skip(if: $${marker}) ...F${marker} } fragment F${marker} on Query { f${marker}: number @include(if: true) }`,
    ]
    for (const source of sources) {
      expect(validate(zooSchema, parse(source))).toEqual([])
      await compareExecutors(zooSchema, { source, createRoot })
    }
    expect(generated).toEqual([])
  })
})
