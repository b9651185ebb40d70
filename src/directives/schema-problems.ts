import { type ASTNode, type GraphQLError, printLocation } from 'graphql'

import { GatewayError } from '../errors.ts'

/** Collects what is wrong with an SDL, so that one start names every mistake with its place and its fix. */
export class SchemaProblems {
  readonly #texts: string[] = []

  add(node: ASTNode, message: string, fix: string): void {
    const place = node.loc === undefined ? '' : `\n${printLocation(node.loc)}`
    this.#texts.push(`${message}${place}\nFix: ${fix}`)
  }

  addGraphQLError(error: GraphQLError, fix: string): void {
    this.#texts.push(`${error.toString()}\nFix: ${fix}`)
  }

  /** @throws GatewayError SCHEMA_INVALID with every problem found so far. */
  throwIfAny(): void {
    if (this.#texts.length === 0) return
    const count = this.#texts.length === 1 ? 'a mistake' : `${this.#texts.length} mistakes`
    throw new GatewayError('SCHEMA_INVALID', {
      message: `The schema has ${count}.\n\n${this.#texts.join('\n\n')}\n`,
    })
  }
}
