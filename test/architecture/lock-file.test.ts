import { readFileSync } from 'node:fs'

import { expect, test } from '@jest/globals'

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const { packages } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as { readonly packages: Readonly<Record<string, LockedPackage>> }

/** Where npm looks for a dependency: inside the package that needs it, then outwards. */
function isLocked(name: string, path: string): boolean {
  const candidate = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`
  if (Object.hasOwn(packages, candidate)) return true
  if (path === '') return false
  const outer = path.lastIndexOf('/node_modules/')
  return isLocked(name, outer === -1 ? '' : path.slice(0, outer))
}

test('the lock file names the optional packages of every platform, without which npm ci refuses it', () => {
  const needed = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ path, name })),
  )
  expect(needed.length).toBeGreaterThan(20)
  expect(needed.filter(({ path, name }) => !isLocked(name, path))).toEqual([])
})
