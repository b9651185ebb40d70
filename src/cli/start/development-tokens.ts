import { parse, print } from 'graphql'

import { mintToken, type SigningKey } from '../../auth/mint-token.ts'
import type { ExplorerTab } from '../../server/explorer/explorer-tab.ts'
import type { Example, ExampleViewer } from './example.ts'
import type { ExampleIds } from './seed-example.ts'

export interface DevelopmentToken {
  readonly viewer: ExampleViewer
  readonly token: string
}

const lifetimeSeconds = 30 * 24 * 60 * 60

export async function mintDevelopmentTokens(
  key: SigningKey,
  { viewers }: Example,
  ids: ExampleIds,
  tenant: string,
): Promise<readonly DevelopmentToken[]> {
  return Promise.all(
    viewers.map(async (viewer) => {
      const { name, kind = 'user', roles, scopes } = viewer
      const subject = viewer.subject === undefined ? undefined : ids[viewer.subject]
      const request = {
        kind,
        id: subject ?? name.toLowerCase(),
        subject,
        roles,
        scopes,
        tenant,
        lifetimeSeconds,
      }
      return { viewer, token: await mintToken(key, request) }
    }),
  )
}

/** One tab per viewer, each with the same query and its own token. */
export function explorerTabs(
  { query }: Example,
  tokens: readonly DevelopmentToken[],
): readonly ExplorerTab[] {
  return tokens.map(({ viewer, token }) => ({
    name: viewer.name,
    ...(viewer.description === undefined ? {} : { description: `${viewer.name} ${viewer.description}.` }),
    query: print(parse(`query As${viewer.name.replace(/\W/g, '')} ${query}`)),
    headers: { authorization: `Bearer ${token}` },
  }))
}
