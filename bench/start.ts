import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { startGatewayProcess } from './gateway-process.ts'
import { median } from './median.ts'
import { printTable, progress } from './report.ts'

const rounds = 5
const idleMilliseconds = 5_000

interface Start {
  readonly firstAnswer: number
  readonly memory: number | undefined
}

/** From `npm start` to the first HTTP 200, on a fresh folder and on the same one again, and what then stays in memory. */
export async function benchStart(): Promise<void> {
  const first: Start[] = []
  const again: Start[] = []
  for (let round = 1; round <= rounds; round += 1) {
    progress(`start: round ${round} of ${rounds}`)
    const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
    first.push(await start(folder))
    again.push(await start(folder))
    rmSync(folder, { recursive: true })
  }
  const row = (name: string, starts: readonly Start[]): Record<string, string> => {
    const memory = starts.flatMap((one) => one.memory ?? [])
    return {
      start: name,
      'first HTTP 200, s': (median(starts.map(({ firstAnswer }) => firstAnswer)) / 1_000).toFixed(2),
      'idle resident memory, MiB': memory.length === 0 ? 'unknown' : median(memory).toFixed(0),
    }
  }
  printTable('npm start, all processes (npm, its shell, the gateway with the embedded database)', [
    row('fresh folder, example data created', first),
    row('same folder again', again),
  ])
}

async function start(folder: string): Promise<Start> {
  const began = performance.now()
  const gateway = await startGatewayProcess(folder)
  const { status } = await fetch(`${gateway.url}/health/ready`)
  if (status !== 200) throw new Error(`The gateway is not ready: ${status}`)
  const firstAnswer = performance.now() - began
  await sleep(idleMilliseconds)
  const memory = gateway.residentMemory()
  await gateway.close()
  return { firstAnswer, memory }
}
