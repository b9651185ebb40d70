import { createHash } from 'node:crypto'
import type { ExplorerTab } from './explorer-tab.ts'

export interface PageOptions {
  /** The path of the GraphQL endpoint. */
  readonly path: string
  /** The path under which the page's files are served. */
  readonly files: string
  readonly title: string
  readonly tabs: readonly ExplorerTab[]
  /** Shown above the editor, when something is to be said. */
  readonly notice?: string
}

/** The HTML of the explorer. It holds no script of its own: what varies is data, in a block that is never executed. */
export const renderPage = ({ path, files, title, tabs, notice }: PageOptions): string => {
  const settings = {
    endpoint: path,
    files,
    title,
    tabs: tabs.map(({ name, description, query, variables, headers }) => ({
      name,
      description,
      query,
      variables: variables === undefined ? undefined : JSON.stringify(variables, null, 2),
      headers: JSON.stringify(headers ?? {}, null, 2),
    })),
    // Tabs that a browser keeps from an earlier start hold tokens that have ended since.
    generation: createHash('sha256').update(JSON.stringify(tabs)).digest('base64url').slice(0, 16),
  }
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${escapeHtml(title)}</title>
    <link rel="icon" type="image/svg+xml" href="${files}/icon.svg" />
    <link rel="stylesheet" href="${files}/graphiql.css" />
    <link rel="stylesheet" href="${files}/explorer.css" />
    <script id="settings" type="application/json">${escapeScript(JSON.stringify(settings))}</script>
    <script defer src="${files}/graphiql.js"></script>
    <script defer src="${files}/explorer.js"></script>
  </head>
  <body>
    <header class="band">
      <a class="band-title" href="${escapeHtml(path)}"
        ><img src="${files}/icon.svg" alt="" width="24" height="24" /><span>${escapeHtml(title)}</span></a
      >
      <nav class="viewers" aria-label="Who asks"></nav>
      <p class="viewer-description" aria-live="polite">${escapeHtml(notice ?? '')}</p>
      <button class="start-over" type="button" title="Forget the changes made here and show the first tabs again">
        Start over
      </button>
    </header>
    <main id="graphiql"><p class="loading">Loading the explorer…</p></main>
    <noscript>The explorer needs JavaScript. The API itself does not: POST queries to ${escapeHtml(path)}.</noscript>
  </body>
</html>
`
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** Keeps text inside its script element, whatever it holds. */
const escapeScript = (json: string): string => json.replace(/</g, '\\u003c')
