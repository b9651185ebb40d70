import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BuiltEmbeddedMongodb } from './built-embedded-mongodb.ts'

const script = fileURLToPath(new URL('serve-embedded-mongodb.mjs', import.meta.url))

/** An embedded server in a process of its own, so that it can be killed. */
export interface EmbeddedMongodbProcess {
  readonly uri: string
  /** SIGKILL: no handler runs, nothing is flushed. Idempotent. */
  kill(): Promise<void>
}

/** Starts the server on a folder. Throws with what it printed when it refuses to start. */
export async function startEmbeddedMongodbProcess(
  built: BuiltEmbeddedMongodb,
  dataFolder: string,
): Promise<EmbeddedMongodbProcess> {
  const child = spawn(process.execPath, [script, built.folder, dataFolder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const uri = await firstLine(child)
  return {
    uri,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

async function firstLine({ stdout, stderr }: ChildProcess): Promise<string> {
  if (stdout === null || stderr === null) throw new Error('no output to read')
  let printed = ''
  let complaint = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  for await (const chunk of stdout) {
    printed += String(chunk)
    const end = printed.indexOf('\n')
    if (end !== -1) {
      stdout.resume()
      return printed.slice(0, end)
    }
  }
  throw new Error(complaint.trim())
}
