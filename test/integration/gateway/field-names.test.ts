import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

/** Words of mongoose, of its documents and of JavaScript's own protocols. */
const names =
  'collection errors schema isNew get set model on init save then length emit toJSON toObject type'
const fields = names.split(' ')
const plain = fields.map((name) => `${name}: String`).join(' ')
const sealed = fields.map((name) => `${name}: String @encrypted`).join(' ')

let schema: SchemaFolder
let gateway: TestGateway
const warned = jest.spyOn(process, 'emitWarning')

beforeAll(async () => {
  schema = createSchemaFolder(`
    type Book @model @access(read: ["everyone"], write: ["everyone"]) {
      id: ID! ${plain} inner: Inner many: [Inner!] sealed: Sealed
    }
    type Inner @embedded { other: String ${plain} }
    type Sealed @embedded { other: String ${sealed} }
  `)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
})

afterAll(async () => {
  warned.mockRestore()
  await gateway.close()
  schema.remove()
})

const selection = `{ ${names} inner { ${names} } many { ${names} } sealed { ${names} } }`

test.each(['a value', null, undefined])(
  'words of other layers name fields like any other: %p',
  async (value) => {
    const all = Object.fromEntries(fields.map((name) => [name, value]))
    const nested = { other: 'x', ...all }
    const input = { ...all, inner: nested, many: [nested], sealed: nested }
    const read = Object.fromEntries(fields.map((name) => [name, value ?? null]))
    const expected = { ...read, inner: read, many: [read], sealed: read }
    const query = `mutation ($input: BookCreateInput!) { it: createBook(input: $input) { id ${selection.slice(1)} }`
    const made = await gateway.ask(undefined, query, { input })
    expect(made.errors).toEqual([])
    expect(made.data.it).toEqual({ id: expect.any(String), ...expected })
    const found = await gateway.ask(undefined, `query ($id: ID!) { it: book(id: $id) ${selection} }`, {
      id: made.data.it.id,
    })
    expect(found.data.it).toEqual(expected)
  },
)

test('and nobody is warned of them', () => {
  expect(JSON.stringify(warned.mock.calls)).not.toMatch(/mongoose/i)
})
