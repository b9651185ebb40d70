import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { buildDist } from './build-dist.ts'

export interface CliResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What the environment of the program holds beside the variables of a test: nothing of ours, no colours. */
export type CliEnvironment = Readonly<Record<string, string>>

/** Runs the built program as a person would, and waits for its end. */
export async function runCli(args: readonly string[], environment: CliEnvironment = {}): Promise<CliResult> {
  const { child, output } = await startCli(args, environment)
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, ...output }
}

/** {@link runCli}, and what it printed as JSON. */
export async function runCliForJson(
  args: readonly string[],
  environment: CliEnvironment = {},
): Promise<{ readonly status: number | null; readonly json: any; readonly stderr: string }> {
  const { status, stdout, stderr } = await runCli([...args, '--json'], environment)
  return { status, json: stdout === '' ? undefined : JSON.parse(stdout), stderr }
}

export interface RunningCli {
  readonly child: ChildProcess
  /** Grows while the program runs. */
  readonly output: { stdout: string; stderr: string }
}

export async function startCli(
  args: readonly string[],
  environment: CliEnvironment = {},
): Promise<RunningCli> {
  const folder = await buildDist()
  const child = spawn(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  return { child, output }
}

export interface RunningGateway extends RunningCli {
  readonly url: string
  /** By the viewers' names. */
  readonly tokens: Readonly<Record<string, string>>
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

/** Starts a gateway on a free port, and waits until it answers. */
export async function startGatewayCli(
  args: readonly string[],
  environment: CliEnvironment = {},
): Promise<RunningGateway> {
  const running = await startCli(['start', '--port', '0', '--json', ...args], environment)
  const { child, output } = running
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [first, rest] = output.stdout.split('\n', 2)
      if (rest !== undefined) resolve(first ?? '')
    })
    child.once('close', () => {
      reject(new Error(`The gateway did not start: ${output.stderr}`))
    })
  })
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    if (child.exitCode !== null) return child.exitCode
    const closed = once(child, 'close')
    child.kill(signal)
    const [status] = (await closed) as [number | null]
    return status
  }
  return { ...running, ...(JSON.parse(line) as Pick<RunningGateway, 'url' | 'tokens'>), stop }
}

export function createDataFolder(): string {
  return join(mkdtempSync(join(tmpdir(), 'sealgate-cli-')), 'data')
}
