import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, test } from '@jest/globals'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the generated types are those of the SDL: npm run codegen would change nothing', () => {
  const codegen = 'node_modules/@graphql-codegen/cli/cjs/bin.js'
  const { status, stderr } = spawnSync(process.execPath, [codegen, '--config', 'codegen.yml', '--check'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
})
