import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildDist } from './build-dist.ts'

const script = fileURLToPath(new URL('run-key-job.mjs', import.meta.url))

export interface KeyJobProcessOptions {
  readonly uri: string
  readonly database: string
  /** Of the local keys. */
  readonly keysFolder: string
  readonly kind: string
  readonly leaseMs: number
  /** What the job is told; absent: all keys that the schema needs. */
  readonly parameters?: object
  /** How long `reindex` waits for others. */
  readonly boundMs?: number
}

/** A job in a process of its own, running by now. */
export interface KeyJobProcess {
  readonly child: ChildProcess
  /** Waits for its end. @returns the exit status; null when it was killed */
  readonly ended: Promise<number | null>
  readonly output: { text: string }
}

export async function startKeyJobProcess(options: KeyJobProcessOptions): Promise<KeyJobProcess> {
  const folder = await buildDist()
  const { uri, database, keysFolder, kind, leaseMs, boundMs = 15_000, parameters } = options
  const numbers = [String(leaseMs), String(boundMs)]
  const args = [script, join(folder, 'dist'), uri, database, keysFolder, kind, ...numbers]
  if (parameters !== undefined) args.push(JSON.stringify(parameters))
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { text: '' }
  const ended = once(child, 'close').then(([status]) => status as number | null)
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.text += text))
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.text += text
      if (output.text.includes('running\n')) resolve()
    })
    void ended.then(() => {
      resolve()
    })
  })
  return { child, ended, output }
}
