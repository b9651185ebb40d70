import type { Role } from '../people/people.ts'
import type { Load } from './load.ts'

interface Person {
  readonly email: string | null
  readonly name: string
}

interface Answer {
  readonly data?: { readonly person?: Person; readonly people?: { readonly nodes: readonly Person[] } }
  readonly errors?: readonly unknown[]
}

const expectedEmails: Readonly<Record<Role, RegExp>> = {
  CLEAR: /^"person\.number\.\d+@example\.com"$/,
  MASKED: /^"p[^@]*\*[^@]*@/,
  DENIED: /^null$/,
}

/** Nothing is measured that does not answer with so many objects as the role sees them. */
export async function assertAnswer(
  { server, authorization, query }: Load,
  role: Role,
  objects: number,
): Promise<void> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify({ query }),
  })
  const { data, errors = [] } = (await response.json()) as Answer
  const found = data?.people?.nodes ?? (data?.person === undefined ? [] : [data.person])
  const emailsFit = found.every(({ email }) => expectedEmails[role].test(JSON.stringify(email)))
  const errorCount = role === 'DENIED' ? 3 * objects : 0
  if (found.length === objects && emailsFit && errors.length === errorCount) return
  const shown = JSON.stringify({ data, errors }).slice(0, 400)
  throw new Error(`${server.url} did not answer as ${role} should see it: ${shown}`)
}
