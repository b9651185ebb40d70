import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const sdl = `
  type Account @model @access(read: ["owner", "role:ADMIN", "role:CLERK"], write: ["role:ADMIN"]) {
    id: ID!
    holder: ID! @subject
    word: String @hashed(verify: ["owner", "role:ADMIN"])
    code: String @hashed(verify: ["all(owner, scope:codes)"])
    open: String @hashed
    wallet: Wallet @access(read: ["owner", "role:ADMIN"])
    cards: [Card!] @access(read: ["role:ADMIN"])
  }
  type Vault @model @access(read: ["role:GUARD"], write: ["role:ADMIN"]) { id: ID! cards: [Card!] }
  type Wallet @embedded { pin: String @hashed label: String }
  type Card @embedded { pin: String @hashed label: String }
`

let schema: SchemaFolder
let gateway: TestGateway
let account: { id: string; cards: { id: string }[] }
let vaultCard: string

const admin = { roles: ['ADMIN'] }
const clerk = { roles: ['CLERK'] }
const ada = { subject: 'ada' }

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
  const input = {
    holder: 'ada',
    word: 'secret',
    code: 'secret',
    open: 'secret',
    wallet: { pin: 'secret' },
    cards: [{ pin: 'secret' }],
  }
  const made = await gateway.ask(
    admin,
    'mutation ($input: AccountCreateInput!) { createAccount(input: $input) { id cards { id } } }',
    { input },
  )
  account = made.data.createAccount
  const vault = await gateway.ask(
    { roles: ['ADMIN', 'GUARD'] },
    'mutation { createVault(input: { cards: [{ pin: "secret" }] }) { cards { id } } }',
  )
  vaultCard = vault.data.createVault.cards[0].id
})

afterAll(async () => {
  await gateway.close()
  schema.remove()
})

const verify = (viewer: object, mutation: string, id = account.id): Promise<GraphQLAnswer> =>
  gateway.ask(viewer, `mutation ($id: ID!) { it: ${mutation}(id: $id, value: "secret") }`, { id })

const codes = ({ errors }: GraphQLAnswer) => errors.map(({ extensions }) => extensions.code)

async function expectMatch(viewer: object, mutation: string, id?: string): Promise<void> {
  const answer = await verify(viewer, mutation, id)
  expect(answer.errors).toEqual([])
  expect(answer.data.it).toBe(true)
}

describe('who may verify', () => {
  test('is everyone who may read the document, where the schema says nothing else', async () => {
    for (const viewer of [admin, clerk, ada]) await expectMatch(viewer, 'verifyAccountOpen')
    expect(codes(await verify({ subject: 'bob' }, 'verifyAccountOpen'))).toEqual(['NOT_FOUND'])
  })

  test('is whom `verify` names, among those who may read the document', async () => {
    await expectMatch(admin, 'verifyAccountWord')
    await expectMatch(ada, 'verifyAccountWord')
    expect(codes(await verify({ ...clerk, kind: 'service' }, 'verifyAccountWord'))).toEqual(['FORBIDDEN'])
    expect(codes(await verify(clerk, 'verifyAccountWord'))).toEqual(['NOT_FOUND'])
    await expectMatch({ ...ada, scopes: ['codes'] }, 'verifyAccountCode')
    expect(codes(await verify(ada, 'verifyAccountCode'))).toEqual(['FORBIDDEN'])
    expect(codes(await verify({ ...admin, scopes: ['codes'] }, 'verifyAccountCode'))).toEqual(['NOT_FOUND'])
  })

  test('is nobody who may not see the object that holds the value', async () => {
    await expectMatch(admin, 'verifyWalletPin')
    await expectMatch(ada, 'verifyWalletPin')
    expect(codes(await verify(clerk, 'verifyWalletPin'))).toEqual(['NOT_FOUND'])
    const [card] = account.cards
    await expectMatch(admin, 'verifyCardPin', card?.id)
    for (const viewer of [clerk, ada])
      expect(codes(await verify(viewer, 'verifyCardPin', card?.id))).toEqual(['FORBIDDEN'])
  })

  test('is judged for each place of an embedded type by itself', async () => {
    await expectMatch({ roles: ['GUARD'] }, 'verifyCardPin', vaultCard)
    const [card] = account.cards
    expect(codes(await verify({ roles: ['GUARD'] }, 'verifyCardPin', card?.id))).toEqual(['NOT_FOUND'])
    expect(codes(await verify(admin, 'verifyCardPin', vaultCard))).toEqual(['NOT_FOUND'])
  })

  test('is decided before an attempt is counted', async () => {
    for (let attempt = 0; attempt < 8; attempt += 1) await verify(clerk, 'verifyAccountWord')
    await expectMatch(ada, 'verifyAccountWord')
  })
})
