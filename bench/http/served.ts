import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { Role } from '../people/people.ts'

/** What a server process tells when it listens. */
export interface Served {
  readonly url: string
  /** The id of an object to ask for. */
  readonly id: string
  /** Tokens, where the server knows roles. */
  readonly authorization?: Readonly<Record<Role, string>>
}

/** A server in a process of its own. */
export interface ServerProcess extends Served {
  /** Milliseconds of processor time that it has used since it started. */
  cpuTime(): Promise<number>
  close(): void
}

/** In the server process: tells the parent where it listens, answers for its processor time, and ends with the parent. */
export function serve(served: Served, close: () => Promise<void>): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.((user + system) / 1_000)
  })
  process.once('disconnect', () => {
    void close().finally(() => process.exit(0))
  })
  process.send?.(served)
}

/** Starts a module of this folder that calls {@link serve}. */
export async function startServer(name: string, flags: readonly string[] = []): Promise<ServerProcess> {
  const module = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  const child = fork(module, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended.`)))
  ended.catch(() => undefined)
  const receive = async (): Promise<unknown> => {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [unknown]
    return message
  }
  const served = (await receive()) as Served
  return {
    ...served,
    cpuTime: () => {
      child.send('cpu time')
      return receive() as Promise<number>
    },
    close: () => {
      disconnect(child)
    },
  }
}

function disconnect(child: ChildProcess): void {
  if (child.connected) child.disconnect()
}
