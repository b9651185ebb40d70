// Compiles src to dist. Runs on `npm ci` (prepare) and on `npm run build`.
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// The first `npx sealgate` in a clone prepares the package again, while a gateway may run from dist.
if (process.env.npm_command === 'exec' && existsSync(`${root}/dist/cli/main.js`)) process.exit(0)
rmSync(`${root}/dist`, { recursive: true, force: true })
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (status !== 0) process.exit(status ?? 1)
cpSync(`${root}/src/server/explorer/page`, `${root}/dist/server/explorer/page`, { recursive: true })
chmodSync(`${root}/dist/cli/main.js`, 0o755)
