import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'

import { projectFolder } from './project-folder.ts'

export interface GatewayProcess {
  readonly url: string
  /** Tokens of the example viewers by name. */
  readonly tokens: Readonly<Record<string, string>>
  /** Milliseconds from the start of the process to its announcement. */
  readonly startTime: number
  /** Mebibytes of resident memory of the process and of everything it started; undefined where there is no `/proc`. */
  readonly residentMemory: () => number | undefined
  readonly close: () => Promise<void>
}

/** `npm start` with nothing configured but where the data lies, on a free port. */
export async function startGatewayProcess(dataFolder: string): Promise<GatewayProcess> {
  const began = performance.now()
  const child = spawn('npm', ['start', '--silent', '--', '--json', '--port', '0', '--data', dataFolder], {
    cwd: projectFolder,
    env: { ...process.env, NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const announcement = await readAnnouncement(child)
  return {
    ...announcement,
    startTime: performance.now() - began,
    residentMemory: () => sumResidentMemory(child.pid),
    close: async () => {
      const ended = once(child, 'exit')
      // The whole group: npm, its shell and the gateway.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
      await ended
    },
  }
}

async function readAnnouncement(child: ChildProcess): Promise<Pick<GatewayProcess, 'url' | 'tokens'>> {
  let text = ''
  child.stdout?.setEncoding('utf8')
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    if (text.endsWith('}\n')) return JSON.parse(text) as Pick<GatewayProcess, 'url' | 'tokens'>
  }
  throw new Error(`npm start ended without an announcement. ${text}`)
}

function sumResidentMemory(rootProcess: number | undefined): number | undefined {
  const parents = new Map<number, number>()
  const kibibytes = new Map<number, number>()
  for (const name of readProcessIds()) {
    const status = readStatus(name)
    parents.set(name, Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0))
    kibibytes.set(name, Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0))
  }
  if (rootProcess === undefined || !parents.has(rootProcess)) return undefined
  const descends = (id: number): boolean =>
    id === rootProcess || (parents.has(id) && descends(parents.get(id) ?? 0))
  const sum = [...kibibytes].reduce((total, [id, size]) => total + (descends(id) ? size : 0), 0)
  return sum / 1024
}

function readProcessIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** Empty when the process has ended meanwhile. */
function readStatus(id: number): string {
  try {
    return readFileSync(`/proc/${id}/status`, 'utf8')
  } catch {
    return ''
  }
}
