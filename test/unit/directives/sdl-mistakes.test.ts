import { describe, expect, test } from '@jest/globals'

import { GatewayError } from '../../../src/errors.ts'
import { readTestSchema } from '../../support/read-test-policies.ts'

const access = '@access(read: ["role:ADMIN"], write: ["role:ADMIN"])'
const model = (fields: string, name = 'Person', words = '@model') =>
  `type ${name} ${words} ${access} {\n  id: ID!\n  ${fields}\n}`

function mistakesOf(sdl: string): string {
  try {
    readTestSchema(sdl)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'SCHEMA_INVALID') return error.message
    throw error
  }
  return 'no mistake'
}

/** SDL, what the message says, and the text at its line. */
type Mistake = readonly [sdl: string, says: RegExp, line: string]

const card = 'type Card @embedded { number: String }'
const mistakes: Readonly<Record<string, Mistake>> = {
  'a syntax error': ['type Person @model {', /Syntax Error/, 'type Person'],
  'an unknown directive': [model('name: String @encrypt'), /Unknown directive "@encrypt"/, 'name: String'],
  'an unknown argument': [
    model('name: String @encrypted(serchable: true)'),
    /@encrypted takes: key, scope/,
    'serchable',
  ],
  'an argument of the wrong type': [
    model('name: String @hashed(tries: "many")'),
    /"tries" has invalid value "many"/,
    'tries',
  ],
  'an unknown key type': [
    model('name: String @encrypted(key: SECRET)'),
    /has invalid value SECRET/,
    'SECRET',
  ],
  'an unknown scope': [model('name: String @encrypted(scope: WORLD)'), /has invalid value WORLD/, 'WORLD'],
  'an unknown style': [model('name: String @masked(as: BLUR)'), /has invalid value BLUR/, 'BLUR'],
  'an unknown format': [model('name: String @format(as: SSN)'), /has invalid value SSN/, 'SSN'],
  'a mask that stands in where there is none': [
    model('name: String @encrypted(onKeyUnavailable: MASK)'),
    /no mask to show while the key is not available/,
    'name: String',
  ],
  'a null that stands in where none may be': [
    model('name: String! @encrypted(onKeyUnavailable: NULL)'),
    /may not be null, whether its key is available or not/,
    'name: String',
  ],
  'an unknown operation': [
    model('name: String', 'Person', '@model(operations: [PURGE])'),
    /has invalid value \[PURGE\]/,
    'PURGE',
  ],
  'an unknown rule': [model('name: String @access(read: ["admin"])'), /no rule "admin"/, 'name: String'],
  'an unknown rule in a combination': [
    model('name: String @access(read: ["all(owner, friend)"])'),
    /no rule "friend"/,
    'name: String',
  ],
  'an unknown rule of a mask': [
    model('name: String @masked(as: FULL, for: ["staff"])'),
    /no rule "staff"/,
    'name: String',
  ],
  'a rule that cannot be read': [
    model('name: String @access(read: ["all("])'),
    /not the name of a rule/,
    'name: String',
  ],
  'a role without a name': [
    model('name: String @access(read: ["role:"])'),
    /no rule "role:"/,
    'name: String',
  ],
  'a combination of nothing': [
    model('name: String @access(read: ["all()"])'),
    /combines no rules/,
    'name: String',
  ],
  'an unknown type': [model('name: Strin'), /Unknown type "Strin"/, 'name: Strin'],
  'a scalar that is not known': [
    `scalar Money ${model('name: Money')}`,
    /Money is not a type that can be stored/,
    'name: Money',
  ],
  'a mask that does not fit': [
    model('name: Int @masked(as: EMAIL)'),
    /EMAIL does not fit the type Int[\s\S]*ROUND/,
    'name: Int',
  ],
  'a mask of a date on text': [model('name: String @masked(as: YEAR)'), /YEAR does not fit/, 'name: String'],
  'a mask of an enum': [
    `enum Level { LOW } ${model('level: Level @masked(as: FULL)')}`,
    /FULL does not fit/,
    'level: Level',
  ],
  'a mask of an embedded object': [
    `${card} ${model('card: Card @masked(as: FULL)')}`,
    /FULL does not fit/,
    'card: Card',
  ],
  'a mask that needs ciphertext beside it': [
    model('name: String @masked(as: HASH)'),
    /HASH is kept beside the ciphertext/,
    'name: String',
  ],
  'one style twice': [
    model('name: String @encrypted @masked(as: FULL, for: ["owner"]) @masked(as: FULL)'),
    /FULL is used twice/,
    'name: String',
  ],
  'a mask that is never reached': [
    model('name: String @masked(as: FULL) @masked(as: LAST4, for: ["owner"])'),
    /never used/,
    'name: String',
  ],
  'two lists of who sees it clear': [
    model(
      'name: String @masked(as: FULL, for: ["owner"], reveal: ["owner"]) @masked(as: LAST4, reveal: ["role:A"])',
    ),
    /`reveal` is given more than once/,
    'name: String',
  ],
  'a step of another style': [model('name: String @masked(as: FULL, step: 5)'), /`step`/, 'name: String'],
  'a step below nothing': [model('name: Int @masked(as: ROUND, step: -5)'), /`step`/, 'name: Int'],
  'a step that is no whole number': [
    model('name: Float @masked(as: ROUND, step: 2.5)'),
    /`step`/,
    'name: Float',
  ],
  'a step of one': [model('name: Int @masked(as: ROUND, step: 1)'), /`step`/, 'name: Int'],
  'a mask of what is never read': [
    model('name: String @hashed @masked(as: FULL)'),
    /what is never read has no mask/,
    'name: String',
  ],
  'a rule for readers of what is never read': [
    model('pin: String @hashed @access(read: ["owner"])'),
    /no rule for readers/,
    'pin: String',
  ],
  'an unknown rule for who may verify': [
    model('pin: String @hashed(verify: ["teller"])'),
    /no rule "teller"/,
    'pin: String',
  ],
  'a field that every object has': [model('constructor: String'), /every JavaScript object/, 'constructor'],
  'a stored name that every object has': [
    model('text: String @stored(as: "toString")'),
    /"toString"/,
    'text: String',
  ],
  "a field that the database's encoder would call": [model('toBSON: String'), /"toBSON"/, 'toBSON: String'],
  'two ways of protecting': [model('name: String @encrypted @hashed'), /exclude each other/, 'name: String'],
  'an encrypted id': [
    'type Person @model @access(read: ["owner"]) {\n  id: ID! @encrypted\n}',
    /ids and subjects are plain/,
    'id: ID!',
  ],
  'a masked id': [
    'type Person @model @access(read: ["owner"]) {\n  id: ID! @masked(as: LAST4)\n}',
    /ids and subjects are plain/,
    'id: ID!',
  ],
  'an encrypted subject': [
    model('owner: ID! @subject @encrypted'),
    /ids and subjects are plain/,
    'owner: ID!',
  ],
  'a subject that is no id': [
    model('owner: String! @subject'),
    /ids and subjects are plain/,
    'owner: String!',
  ],
  'a list of subjects': [model('owner: [ID!]! @subject'), /ids and subjects are plain/, 'owner: [ID!]!'],
  'two subjects': [model('a: ID! @subject b: ID! @subject'), /one subject/, 'type Person'],
  'a subject in an embedded type': [
    `type Card @embedded {\n  owner: ID! @subject\n} ${model('card: Card')}`,
    /subject/,
    'owner: ID!',
  ],
  'an encrypted relation key': [
    model('friend: ID @encrypted other: Person @relation(field: "friend")'),
    /needs a plain field Person\.friend of type ID/,
    '@relation(field:',
  ],
  'a relation by a field that is not there': [
    model('other: Person @relation(field: "friend")'),
    /needs a plain field Person\.friend of type ID/,
    '@relation(field:',
  ],
  'a relation by a list': [
    model('friends: [ID!] other: Person @relation(field: "friends")'),
    /needs a plain field .* of type ID/,
    '@relation(field:',
  ],
  'a relation to what is no model': [
    `${card} ${model('card: Card @relation(field: "id")')}`,
    /joins models/,
    'card: Card',
  ],
  'a relation in an embedded type': [
    `type Card @embedded {\n  owner: Person @relation(field: "id")\n} ${model('card: Card')}`,
    /relations start at models/,
    'owner: Person',
  ],
  'a model without @relation': [
    `${model('name: String', 'Place')} ${model('place: Place')}`,
    /Place is a model of its own/,
    'place: Place',
  ],
  'an encrypted relation': [
    model('friend: ID other: Person @encrypted @relation(field: "friend")'),
    /protected by its target/,
    'other: Person',
  ],
  'search by a Boolean': [
    model('flag: Boolean @encrypted(searchable: true)'),
    /search needs/,
    'flag: Boolean',
  ],
  'search by an enum': [
    `enum Level { LOW } ${model('level: Level @encrypted(searchable: true)')}`,
    /search needs/,
    'level: Level',
  ],
  'search by JSON': [model('data: JSON @encrypted(searchable: true)'), /search needs/, 'data: JSON'],
  'search by a list': [model('tags: [String!] @encrypted(unique: true)'), /search needs/, 'tags: [String!]'],
  'search by a number with a fraction': [
    model('size: Float @encrypted(searchable: true)'),
    /search needs/,
    'size: Float',
  ],
  'search inside an embedded type': [
    `type Card @embedded {\n  number: String @encrypted(searchable: true)\n} ${model('card: Card')}`,
    /search/,
    'number: String',
  ],
  'uniqueness inside an embedded type': [
    `type Card @embedded {\n  number: String @encrypted(unique: true)\n} ${model('cards: [Card!]')}`,
    /search/,
    'number: String',
  ],
  'an index inside an embedded type': [
    `type Card @embedded {\n  bank: String @index\n} ${model('card: Card')}`,
    /@index/,
    'bank: String',
  ],
  'an index on ciphertext': [model('name: String @encrypted @index'), /@index is for plain/, 'name: String'],
  'a stored card verification code': [model('cvv: String'), /PCI DSS/, 'cvv: String'],
  'an encrypted card verification code': [
    model('cardVerificationCode: String @encrypted'),
    /PCI DSS/,
    'cardVerificationCode',
  ],
  'a hashed card verification code without a reason': [
    model('cvc: String @hashed'),
    /PCI DSS/,
    'cvc: String',
  ],
  'a hashed card verification code with no reason to speak of': [
    model('cvc: String @hashed @lintOff(rule: CARD_VERIFICATION_CODE, reason: "no")'),
    /PCI DSS/,
    'cvc: String',
  ],
  'a personal field that is protected anyway': [
    model('name: String @encrypted @personal'),
    /Person\.name: what is protected is erased anyway/,
    'name: String',
  ],
  'a personal subject': [
    model('owner: ID! @subject @personal'),
    /Person\.owner: it says whose data was erased/,
    'owner: ID!',
  ],
  'a personal relation': [
    `${model('bossId: ID\n  boss: Boss @relation(field: "bossId") @personal')} ${model('name: String', 'Boss')}`,
    /a relation is not stored/,
    'boss: Boss',
  ],
  'a unique personal field in documents that stay': [
    model('code: String! @index(unique: true) @personal'),
    /two documents without it would have the same value/,
    'code: String!',
  ],
  'an unknown way to erase': [
    model('name: String', 'Person', '@model(erase: FORGET)'),
    /`erase` takes REDACT, DELETE/,
    'FORGET',
  ],
  'a protected model of a person without a subject': [
    `${model('name: String @encrypted')} type Letter @model ${access} {\n  id: ID!\n  toId: ID!\n  to: Person @relation(field: "toId")\n  text: String @encrypted\n}`,
    /Letter: its documents belong to a Person[^]*put @subject on the field toId/,
    'toId: ID!',
  ],
  'the same where only the person knows the relation': [
    `${model('name: String @encrypted\n  letters: [Letter!] @relation(field: "toId")')} type Letter @model ${access} {\n  id: ID!\n  toId: ID!\n  page: Page\n}\ntype Page @embedded {\n  text: String @encrypted\n}`,
    /Letter: its documents belong to a Person/,
    'toId: ID!',
  ],
  'a retention of no days': [
    model('name: String @personal', 'Person', '@model @retain(days: 0)'),
    /`days` of @retain must lie between/,
    'type Person',
  ],
  'a retention by a field that there is not': [
    model('name: String @personal', 'Person', '@model @retain(days: 9, by: "made")'),
    /@retain needs a plain Date or DateTime[^]*made is none/,
    'type Person',
  ],
  'a retention by an encrypted time': [
    model('made: DateTime @encrypted', 'Person', '@model @retain(days: 9, by: "made")'),
    /@retain needs a plain Date or DateTime/,
    'made: DateTime',
  ],
  'a retention by text': [
    model('made: String', 'Person', '@model(erase: DELETE) @retain(days: 9, by: "made")'),
    /@retain needs a plain Date or DateTime/,
    'made: String',
  ],
  'a retention that would redact nothing': [
    model('name: String', 'Person', '@model @retain(days: 9)'),
    /@retain would redact nothing/,
    'type Person',
  ],
  'a retention of what is embedded': [
    `type Card @embedded @retain(days: 9) {\n  number: String\n} ${model('card: Card')}`,
    /as old as its document/,
    'type Card',
  ],
  'a list of lists': [model('rows: [[String]]'), /Lists of lists/, 'rows: [[String]]'],
  'a hashed number': [model('pin: Int @hashed'), /single String/, 'pin: Int'],
  'a hashed list': [model('pins: [String] @hashed'), /single String/, 'pins: [String]'],
  'no tries': [model('pin: String @hashed(tries: 0)'), /`tries` must lie/, 'pin: String'],
  'an encrypted embedded object': [
    `${card} ${model('card: Card @encrypted')}`,
    /only scalars and enums/,
    'card: Card',
  ],
  'a model without an id': [
    `type Person @model ${access} {\n  name: String\n}`,
    /needs a field `id: ID!`/,
    'type Person',
  ],
  'a model with an optional id': [
    `type Person @model ${access} {\n  id: ID\n}`,
    /needs a field `id: ID!`/,
    'type Person',
  ],
  'a model whose id is text': [
    `type Person @model ${access} {\n  id: String!\n}`,
    /ids and subjects/,
    'id: String!',
  ],
  'a model that nobody may read': ['type Person @model {\n  id: ID!\n}', /nobody may read it/, 'type Person'],
  'rules on an embedded type': [
    `type Card @embedded @access(read: ["owner"]) {\n  number: String\n} ${model('card: Card')}`,
    /read and written with its parent/,
    'type Card',
  ],
  'an object type that is neither': [
    `type Thing {\n  a: Int\n} ${model('name: String')}`,
    /each @model or @embedded/,
    'type Thing',
  ],
  'an object type that is both': [
    `type Thing @model @embedded {\n  id: ID!\n}`,
    /each @model or @embedded/,
    'type Thing',
  ],
  'an interface': [
    `interface Named {\n  name: String\n} ${model('name: String')}`,
    /object types, each @model/,
    'interface Named',
  ],
  'a union': [`union Any = Person ${model('name: String')}`, /object types, each @model/, 'union Any'],
  'an input type': [
    `input Filter {\n  name: String\n} ${model('name: String')}`,
    /object types, each @model/,
    'input Filter',
  ],
  'a schema definition': [
    `schema {\n  query: Person\n} ${model('name: String')}`,
    /object types, each @model/,
    'schema {',
  ],
  'an extension of a type': [
    `${model('name: String')} extend type Person {\n  age: Int\n}`,
    /object types, each @model/,
    'extend type Person',
  ],
  "an extension of the directives' styles": [
    `extend enum MaskStyle { BLUR } ${model('name: String @masked(as: BLUR)')}`,
    /KeyType/,
    'extend enum MaskStyle',
  ],
  'another definition of a directive': [
    `directive @encrypted on FIELD_DEFINITION ${model('name: String @encrypted')}`,
    /@encrypted would have no effect/,
    'directive @encrypted',
  ],
  'a directive of its own': [
    `directive @secret on FIELD_DEFINITION ${model('name: String @secret')}`,
    /@secret/,
    'directive @secret',
  ],
  "another definition of a word's type": [
    `enum KeyScope { SUBJECT } ${model('name: String')}`,
    /one type named "KeyScope"/,
    'KeyScope',
  ],
  'a name that starts with an underscore': [model('_tenant: String'), /start with _ are reserved/, '_tenant'],
  'arguments of a field': [model('name(upper: Boolean): String'), /take no arguments/, 'name(upper'],
  'one stored path for two fields': [
    model('a: String b: String @stored(as: "a")'),
    /two fields are stored as "a"/,
    'type Person',
  ],
  'one stored path for two fields of an embedded type': [
    `type Card @embedded {\n  a: String\n  b: String @encrypted @stored(as: "a")\n} ${model('card: Card')}`,
    /two fields are stored as "a"/,
    'type Card',
  ],
  'a stored path with a dot': [model('a: String @stored(as: "b.c")'), /cannot be a stored path/, 'a: String'],
  'a stored path that starts with a dollar': [
    model('a: String @stored(as: "$b")'),
    /cannot be a stored path/,
    'a: String',
  ],
  'a stored path of our own': [
    model('a: String @stored(as: "_tenant")'),
    /cannot be a stored path/,
    'a: String',
  ],
  'an id stored elsewhere': [
    `type Person @model ${access} {\n  id: ID! @stored(as: "key")\n}`,
    /id/,
    'id: ID!',
  ],
  'one collection for two models': [
    `${model('a: String', 'Person', '@model(collection: "people")')} ${model('a: String', 'Human', '@model(collection: "people")')}`,
    /the collection "people"/,
    'type Human',
  ],
  'a collection of our own': [
    model('a: String', 'Person', '@model(collection: "sealgateAttempts")'),
    /sealgateAttempts/,
    'type Person',
  ],
  "a collection of the server's": [
    model('a: String', 'Person', '@model(collection: "system.users")'),
    /cannot name a collection/,
    'type Person',
  ],
  'a format of a number': [model('age: Int @format(as: EMAIL)'), /@format/, 'age: Int'],
  'a format that depends on a field that is not there': [
    model('a: String @format(as: LUHN, when: "kind", is: "card")'),
    /which Person has not/,
    'a: String',
  ],
  'a format that depends on a protected field': [
    model('kind: String @encrypted a: String @format(as: LUHN, when: "kind", is: "card")'),
    /"kind"/,
    'a: String',
  ],
  'a format that depends on a masked field': [
    model('kind: String @masked(as: FULL) a: String @format(as: LUHN, when: "kind", is: "card")'),
    /what is refused would tell it/,
    'a: String',
  ],
  'a format that depends on a field with readers of its own': [
    model('kind: String @access(read: ["owner"]) a: String @format(as: LUHN, when: "kind", is: "card")'),
    /what is refused would tell it/,
    'a: String',
  ],
  'half of a condition': [
    model('kind: String a: String @format(as: LUHN, when: "kind")'),
    /go together/,
    'a: String',
  ],
  'an embedded type inside itself': [
    `type Node @embedded {\n  next: Node\n} ${model('node: Node')}`,
    /holds itself/,
    'next: Node',
  ],
  'embedded types inside each other': [
    `type A @embedded {\n  b: [B!]\n} type B @embedded {\n  c: C\n} type C @embedded {\n  a: A\n} ${model('a: A')}`,
    /A holds itself[\s\S]*B holds itself[\s\S]*C holds itself/,
    'type A @embedded',
  ],
  'a model named as a root type': [model('a: String', 'Query'), /Query/, 'type Query'],
  'a model named as a generated type': [
    `${model('a: String')} type PersonFilter @embedded {\n  a: String\n}`,
    /PersonFilter/,
    'type PersonFilter',
  ],
  'an enum named as a shared type': [
    `enum OrderDirection { ASC DESC UP } ${model('a: OrderDirection')}`,
    /OrderDirection/,
    'enum OrderDirection',
  ],
  'two models with one name of a query': [
    `${model('a: String', 'Item')} ${model('a: String', 'Thing', '@model(collection: "item")')}`,
    /item/,
    'type Thing',
  ],
  'two models with one name of a mutation': [
    `${model('a: String', 'Item')} ${model('a: String', 'Items', '@model(collection: "itemsList")')}`,
    /createItems/,
    'type Items',
  ],
  'a field named as a combinator of filters': [model('not: String'), /not/, 'not: String'],
  'a model that stores nothing': [`type Person @model ${access} {\n  id: ID!\n}`, /no field/, 'type Person'],
  'an embedded type that shows nothing': [
    `type Card @embedded {\n  pin: String @hashed\n} ${model('card: Card')}`,
    /no field/,
    'type Card',
  ],
}

describe('a mistake in a schema is told with its file, line, excerpt and fix', () => {
  test.each(Object.keys(mistakes))('%s', (name) => {
    const [sdl, says, line] = mistakes[name] ?? ['', /./, '']
    const message = mistakesOf(sdl)
    expect(message).toMatch(says)
    expect(message).toMatch(/^test\.graphql:\d+:\d+$/m)
    expect(message).toMatch(/\n +\| +\^/)
    expect(message).toMatch(/^Fix: \S.+/m)
    expect(message).toContain(line)
  })
})

describe('the fix says what to write', () => {
  const fixes: Readonly<Record<string, readonly [sdl: string, fix: string]>> = {
    'for a rule without quotation marks': [
      'type Person @model @access(read: [ADMIN]) { id: ID! }',
      '`read` takes [String!], each text in quotation marks.',
    ],
    'for a style in lower case': [model('name: String @masked(as: email)'), '`as` takes FULL, '],
    'for a number in words': [model('pin: String @hashed(tries: "many")'), '`tries` takes Int!.'],
    'for a rule with a space': [
      'type Person @model @access(read: ["role: ADMIN"]) { id: ID! }',
      'the rules are: owner, authenticated, everyone, role:NAME, scope:NAME; or all(rule, rule)',
    ],
    'for a type without @model': ['type Person { id: ID! }', 'mark it with one of the two'],
    'for a query of its own': ['type Query { people: [ID] }', 'queries and mutations are generated'],
    'for an input of its own': ['input PersonInput { id: ID }', 'inputs and the like are generated'],
    'for an extension': [`${model('a: String')} extend type Person { b: String }`, 'into the type itself'],
  }
  test.each(Object.keys(fixes))('%s', (name) => {
    const [sdl, fix] = fixes[name] ?? ['', '']
    expect(mistakesOf(sdl)).toContain(fix)
  })
})

test('all mistakes are told at once', () => {
  const message = mistakesOf(model('a: Int @masked(as: EMAIL) b: [[Int]] c: String @access(read: ["boss"])'))
  expect(message).toContain('The schema has 3 mistakes.')
  expect(message.match(/^Fix: /gm)).toHaveLength(3)
})

test('a schema without mistakes is read, with key types of its own', () => {
  const { policies } = readTestSchema(
    `extend enum KeyType { HEALTH } ${model('note: String @encrypted(key: HEALTH) type: String errors: Int then: String')}`,
  )
  expect(policies.models.get('Person')?.fields.map(({ name }) => name)).toEqual([
    'id',
    'note',
    'type',
    'errors',
    'then',
  ])
})
