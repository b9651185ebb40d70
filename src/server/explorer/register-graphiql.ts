import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ExplorerTab } from './explorer-tab.ts'
import { createGraphiqlFiles } from './graphiql-files.ts'
import { renderPage } from './render-page.ts'

export interface GraphiqlOptions {
  readonly path: string
  readonly title: string
  /** Asked at every page, so that tabs may be added after the start. */
  readonly tabs: () => readonly ExplorerTab[]
}

/** Our own files beside GraphiQL's: small, and read from disk each time. */
const ownFiles = {
  'explorer.js': 'text/javascript; charset=utf-8',
  'explorer.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const

/** Scripts and workers come as files of this server only. Styles may be inline because Monaco writes its own. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  "connect-src 'self'",
  "worker-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/**
 * The names by which a browser on this machine reaches it. Asked by any other name, the page comes without tokens: a site that
 * points its own name at this machine (DNS rebinding) could otherwise read them.
 */
const loopbackName = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i

/** Whoever asks from another machine can send any name, and gets no token either. */
const loopbackAddress = /^(?:::ffff:)?127\.|^::1$/

const isThisMachine = ({ headers, socket }: FastifyRequest): boolean =>
  loopbackName.test(headers.host ?? '') && loopbackAddress.test(socket.remoteAddress ?? '')

const decompress = promisify(gunzip)

/** Serves GraphiQL at the GraphQL path and its files below `<path>/explorer`; needs no network and no other server. */
export const registerGraphiql = (app: FastifyInstance, { path, title, tabs }: GraphiqlOptions): void => {
  const files = `${path}/explorer`
  const page = (): string => renderPage({ path, files, title, tabs: tabs() })
  const pageWithoutTokens = (): string =>
    renderPage({
      path,
      files,
      title,
      tabs: tabs().map(({ headers: _, ...tab }) => tab),
      notice:
        'Ready tokens are shown only on this machine, under the names localhost and 127.0.0.1. Paste a token below, under Headers.',
    })

  app.addHook('onRequest', async (request, reply) => {
    const { method, url, headers } = request
    if (method !== 'GET' || headers.accept?.includes('text/html') !== true) return
    if (url.split('?', 1)[0] !== path) return
    return secure(reply)
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('cross-origin-opener-policy', 'same-origin')
      .header('cache-control', 'no-store')
      .header('vary', 'Accept, Host')
      .send(isThisMachine(request) ? page() : pageWithoutTokens())
  })

  for (const [name, type] of Object.entries(ownFiles))
    app.get(`${files}/${name}`, async (_, reply) =>
      secure(reply)
        .header('content-type', type)
        .header('cache-control', 'no-store')
        .send(await readFile(new URL(`./page/${name}`, import.meta.url))),
    )

  const graphiql = createGraphiqlFiles()
  const etag = `"graphiql-${graphiql.version}"`
  for (const name of graphiql.names)
    app.get(`${files}/${name}`, async ({ headers }, reply) => {
      secure(reply).header('etag', etag).header('cache-control', 'no-cache').header('vary', 'Accept-Encoding')
      if (headers['if-none-match'] === etag) return reply.code(304).send()
      const { type, gzipped } = await graphiql.load(name)
      reply.header('content-type', type)
      if (headers['accept-encoding']?.includes('gzip') !== true) return reply.send(await decompress(gzipped))
      return reply.header('content-encoding', 'gzip').send(gzipped)
    })
}

const secure = (reply: FastifyReply): FastifyReply =>
  reply
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cross-origin-resource-policy', 'same-origin')
