import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const require = createRequire(import.meta.url)
const bundle = '@graphql-yoga/render-graphiql/graphiql'
const compress = promisify(gzip)

/** The parts of the bundled GraphiQL that the page loads, by the name they are served under. */
const parts = {
  'graphiql.js': { part: 'js', type: 'text/javascript; charset=utf-8' },
  'graphiql.css': { part: 'css', type: 'text/css; charset=utf-8' },
  'editor-worker.js': { part: 'editorWorkerService', type: 'text/javascript; charset=utf-8' },
  'graphql-worker.js': { part: 'graphqlWorker', type: 'text/javascript; charset=utf-8' },
  'json-worker.js': { part: 'jsonWorker', type: 'text/javascript; charset=utf-8' },
} as const

export type GraphiqlFileName = keyof typeof parts

export interface GraphiqlFile {
  readonly type: string
  readonly gzipped: Buffer
}

export interface GraphiqlFiles {
  readonly names: readonly GraphiqlFileName[]
  /** Changes with the bundle, and is known without loading it. */
  readonly version: string
  readonly load: (name: GraphiqlFileName) => Promise<GraphiqlFile>
}

/** Costs nothing until the first file is asked for; from then on the compressed files, 2.4 MB, stay in memory. */
export const createGraphiqlFiles = (): GraphiqlFiles => {
  let loaded: Promise<ReadonlyMap<GraphiqlFileName, GraphiqlFile>> | undefined
  const names = Object.keys(parts) as GraphiqlFileName[]
  const { version } = require('@graphql-yoga/render-graphiql/package.json') as { version: string }
  return {
    names,
    version,
    load: async (name) => {
      const file = (await (loaded ??= compressAll(names))).get(name)
      if (file === undefined) throw new Error(`GraphiQL has no file ${name}.`)
      return file
    },
  }
}

const compressAll = async (
  names: readonly GraphiqlFileName[],
): Promise<ReadonlyMap<GraphiqlFileName, GraphiqlFile>> => {
  const texts = requireOnce(bundle) as Record<string, string>
  const files = names.map(async (name) => {
    const { part, type } = parts[name]
    return [name, { type, gzipped: await compress(texts[part] ?? '') }] as const
  })
  return new Map(await Promise.all(files))
}

/** Loads a CommonJS module and lets it be collected again: an ES module would keep its 33 MB of strings for good. */
const requireOnce = (name: string): unknown => {
  const path = require.resolve(name)
  const exported: unknown = require(path)
  Reflect.deleteProperty(require.cache, path)
  return exported
}
