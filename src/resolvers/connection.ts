import { stored } from '../directives/policies.ts'
import type { StoredObject } from '../directives/reveal-documents.ts'
import { GatewayError } from '../errors.ts'

interface Edge {
  readonly cursor: string
  readonly node: StoredObject
}

interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly startCursor: string | null
  readonly endCursor: string | null
}

/** One page in the shape of the GraphQL Cursor Connections specification. A cursor names a document and carries no value. */
export class Connection {
  readonly nodes: readonly StoredObject[]
  readonly #hasNextPage: boolean
  readonly #hasPreviousPage: boolean

  constructor(nodes: readonly StoredObject[], options: { hasNextPage: boolean; hasPreviousPage: boolean }) {
    this.nodes = nodes
    this.#hasNextPage = options.hasNextPage
    this.#hasPreviousPage = options.hasPreviousPage
  }

  get edges(): readonly Edge[] {
    return this.nodes.map((node) => ({ cursor: encodeCursor(node), node }))
  }

  get pageInfo(): PageInfo {
    const [first] = this.nodes
    const last = this.nodes.at(-1)
    return {
      hasNextPage: this.#hasNextPage,
      hasPreviousPage: this.#hasPreviousPage,
      startCursor: first === undefined ? null : encodeCursor(first),
      endCursor: last === undefined ? null : encodeCursor(last),
    }
  }
}

function encodeCursor(node: StoredObject): string {
  return Buffer.from(String(node[stored.id])).toString('base64url')
}

/** @throws BAD_USER_INPUT for anything that is not a cursor */
export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!/^[\w-]{1,64}$/.test(id)) {
    throw new GatewayError('BAD_USER_INPUT', {
      message: '`after` is not a cursor of this API.',
      inputPath: 'after',
    })
  }
  return id
}
