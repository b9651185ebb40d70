/** The data of the comparisons: a page of 100 people with 10 fields, 3 of which `schema/person.graphql` protects. */
export const people = Array.from({ length: 100 }, (_, index) => ({
  email: `person.number.${index}@example.com`,
  phone: `+1202555${String(index).padStart(4, '0')}`,
  card: `411111111111${String(index).padStart(4, '0')}`,
  name: `Person Number ${index}`,
  city: 'Springfield',
  country: 'US',
  score: index,
  balance: index * 1.5,
  active: index % 2 === 0,
}))

export const roles = ['CLEAR', 'MASKED', 'DENIED'] as const
export type Role = (typeof roles)[number]

const selection = 'id email phone card name city country score balance active'

export const listQuery = `{ people(first: 100) { nodes { ${selection} } } }`

export const objectQuery = (id: string): string => `{ person(id: "${id}") { ${selection} } }`
