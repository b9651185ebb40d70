import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'

import { failure, type Finding, ok } from './finding.ts'

const oldest = [20, 19] as const

export function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
  const detail = `${process.versions.node}, OpenSSL ${process.versions.openssl}`
  return fits
    ? ok('Node.js', detail)
    : failure('Node.js', detail, `install Node.js ${oldest.join('.')} or newer.`)
}

/** Two copies of graphql in one process refuse each other's types; every dependency must find the same one. */
export function checkGraphqlCopies(): Finding {
  const require = createRequire(import.meta.url)
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> }
  const own = findGraphql(require.resolve('graphql'))
  const others = Object.keys(dependencies).flatMap((name) => {
    try {
      const found = findGraphql(createRequire(require.resolve(name)).resolve('graphql'))
      return found === own ? [] : [`${name} finds another`]
    } catch {
      return [] // It has no entry, or no use for graphql.
    }
  })
  const { version } = JSON.parse(readFileSync(`${own}/package.json`, 'utf8')) as { version: string }
  if (others.length === 0) return ok('graphql', `${version}, one copy`)
  return failure('graphql', `${version}, and ${others.join(', ')}`, 'run `npm dedupe`, or `npm ci` anew.')
}

function findGraphql(entry: string): string {
  const path = realpathSync(entry)
  return path.slice(0, path.lastIndexOf('graphql') + 'graphql'.length)
}
