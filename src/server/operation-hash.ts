import { createHash } from 'node:crypto'

import { type ASTNode, type DocumentNode, Kind, print, visit } from 'graphql'

const hashes = new WeakMap<DocumentNode, string>()

/**
 * SHA-256 in hex of a document without what clients make up: literals, aliases, the names of operations. The same question
 * with other values has the same hash. Remembered with the document, which the server keeps for texts it knows.
 */
export function operationHash(document: DocumentNode): string {
  let hash = hashes.get(document)
  if (hash === undefined) {
    hash = createHash('sha256')
      .update(print(visit(document, { enter: withoutLiterals, leave: withoutNames })))
      .digest('hex')
    hashes.set(document, hash)
  }
  return hash
}

const literals: ReadonlySet<Kind> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
])

function withoutLiterals(node: ASTNode): ASTNode | undefined {
  return literals.has(node.kind) ? { kind: Kind.NULL } : undefined
}

function withoutNames(node: ASTNode): ASTNode | undefined {
  if (node.kind === Kind.FIELD && node.alias !== undefined) return { ...node, alias: undefined }
  if (node.kind === Kind.OPERATION_DEFINITION && node.name !== undefined) return { ...node, name: undefined }
  return undefined
}
