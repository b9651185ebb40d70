import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const builds = join(tmpdir(), 'sealgate-test-builds')

/**
 * Compiles `src` as the package's build does, into a folder of its own, so that tests can start the program as people do.
 * Test files and runs share a build for as long as no source changes; of several that ask at once, one builds.
 * @returns the folder that stands for the package's, with `dist` in it
 */
export async function buildDist(): Promise<string> {
  const folder = join(builds, sourceHash())
  const lock = `${folder}.lock`
  mkdirSync(builds, { recursive: true })
  while (!existsSync(folder)) {
    if (takeLock(lock)) {
      try {
        if (!existsSync(folder)) build(folder)
      } finally {
        rmSync(lock, { force: true })
      }
    } else await pause(200)
  }
  utimesSync(folder, new Date(), new Date())
  return folder
}

function build(folder: string): void {
  removeOldBuilds()
  const draft = `${folder}.draft`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft)
  const dist = join(draft, 'dist')
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  // Types are checked by `npm run typecheck`; here they would double the time.
  const args = [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--declaration', 'false', '--outDir', dist]
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`The build failed:\n${stdout}`)
  cpSync(join(root, 'src/server/explorer/page'), join(dist, 'server/explorer/page'), { recursive: true })
  for (const name of ['node_modules', 'package.json', 'schema'])
    symlinkSync(join(root, name), join(draft, name))
  renameSync(draft, folder)
}

/** One process makes the lock file; that of a process which has died is taken away. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    const owner = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
    if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true })
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const hour = 3_600_000

/** A build that another run may still use is left alone. */
function removeOldBuilds(): void {
  for (const name of readdirSync(builds)) {
    const path = join(builds, name)
    if (Date.now() - statSync(path).mtimeMs > hour) rmSync(path, { recursive: true, force: true })
  }
}

function sourceHash(): string {
  const hash = createHash('sha256')
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).sort()
  for (const file of [...files.map((name) => join('src', name)), 'tsconfig.json', 'tsconfig.build.json']) {
    const path = join(root, file)
    if (statSync(path).isFile()) hash.update(file).update('\0').update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex').slice(0, 16)
}
