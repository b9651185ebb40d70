import type { FastifyInstance } from 'fastify'
import type { ExplorerTab } from './explorer-tab.ts'
import { registerGraphiql } from './register-graphiql.ts'
import { registerSandboxCors } from './sandbox.ts'

export interface ExplorerOptions {
  /** The path of the GraphQL endpoint, where browsers find the explorer. */
  readonly path: string
  readonly title: string
  readonly tabs: () => readonly ExplorerTab[]
  /** `sandbox` also needs `createSandboxPlugin` among Apollo's plugins; `graphiql` needs Apollo's own landing page disabled. */
  readonly kind: 'graphiql' | 'sandbox'
}

/**
 * Puts the explorer at the GraphQL path for whoever asks with `Accept: text/html`; every other request passes by unchanged.
 * Call it before the GraphQL route is registered in a plugin of its own.
 */
export const registerExplorer = (app: FastifyInstance, options: ExplorerOptions): void => {
  if (options.kind === 'sandbox') registerSandboxCors(app, options.path)
  else registerGraphiql(app, options)
}
