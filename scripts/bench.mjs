// Compiles src and bench to dist-bench, and runs the benches that are named, or all: npm run bench -- field http
import { cpSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = `${root}/node_modules/typescript/bin/tsc`
const run = (args, env = process.env) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1

const compiled = run([tsc, '-p', 'tsconfig.bench.json'])
if (compiled !== 0) process.exit(compiled)
// What src finds beside itself.
cpSync(`${root}/schema`, `${root}/dist-bench/schema`, { recursive: true })
cpSync(`${root}/package.json`, `${root}/dist-bench/package.json`)
cpSync(`${root}/src/server/explorer/page`, `${root}/dist-bench/src/server/explorer/page`, { recursive: true })
process.exit(
  run(['dist-bench/bench/main.js', ...process.argv.slice(2)], { ...process.env, NODE_ENV: 'production' }),
)
