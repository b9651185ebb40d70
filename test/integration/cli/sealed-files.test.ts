import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import { createDataFolder, runCli, runCliForJson, startGatewayCli } from '../../support/run-cli.ts'

const data = createDataFolder()
const folder = dirname(data)
const at = (name: string): string => join(folder, name)
const content = randomBytes(300_000)
let program: string

beforeAll(async () => {
  program = join(await buildDist(), 'dist/cli/main.js')
}, 180_000)

beforeEach(() => {
  for (const name of readdirSync(folder)) if (name !== 'data') rmSync(at(name))
  writeFileSync(at('report.pdf'), content)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const files = (): string[] => readdirSync(folder).filter((name) => name !== 'data')

async function sealReport(...options: string[]): Promise<void> {
  const { status, stderr } = await runCli(['seal', at('report.pdf'), ...options, '--data', data])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}

test('a file is sealed and opened, on a fresh machine too, for its owner alone', async () => {
  const sealed = await runCliForJson(['seal', at('report.pdf'), '--data', data])
  const written = 72 + content.length + 5 * 16
  const out = at('report.pdf.sealed')
  expect(sealed).toMatchObject({
    status: 0,
    json: { file: at('report.pdf'), out, read: content.length, written },
    stderr: '',
  })
  expect(readFileSync(out).includes(content.subarray(0, 16))).toBe(false)
  rmSync(at('report.pdf'))
  const opened = await runCli(['open', out, '--data', data])
  expect(opened).toMatchObject({ status: 0, stderr: '' })
  expect(readFileSync(at('report.pdf')).equals(content)).toBe(true)
  expect([out, at('report.pdf')].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600])
})

test('neither takes the name of a file that is there', async () => {
  await sealReport()
  for (const command of [
    ['seal', at('report.pdf')],
    ['open', at('report.pdf.sealed')],
  ]) {
    const { status, stdout, stderr } = await runCli([...command, '--data', data])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('is there already')
  }
  expect(readFileSync(at('report.pdf')).equals(content)).toBe(true)
  expect(files()).toEqual(['report.pdf', 'report.pdf.sealed'])
})

test('a file that was changed, cut off or lengthened leaves nothing behind', async () => {
  await sealReport()
  const sealed = readFileSync(at('report.pdf.sealed'))
  const changed = Buffer.from(sealed)
  changed.writeUInt8(changed.readUInt8(sealed.length - 20) ^ 1, sealed.length - 20)
  const cutAtChunk = sealed.subarray(0, 72 + 2 * 65_552)
  for (const bytes of [changed, cutAtChunk, Buffer.concat([sealed, Buffer.alloc(1)]), Buffer.alloc(0)]) {
    writeFileSync(at('bad.sealed'), bytes)
    const { status, stdout, stderr } = await runCli(['open', at('bad.sealed'), '--data', data])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('(DECRYPTION_FAILED)')
    expect(files()).toEqual(['bad.sealed', 'report.pdf', 'report.pdf.sealed'])
  }
})

test('a file opens for its subject, tenant and key type, and for no other', async () => {
  const own = ['--subject', 'ana', '--tenant', 'north', '--key-type', 'FINANCIAL']
  await sealReport(...own)
  const open = (options: readonly string[]) =>
    runCli(['open', at('report.pdf.sealed'), '--out', at('opened'), ...options, '--data', data])
  for (const options of [
    [],
    own.slice(0, 4),
    own.slice(2),
    [...own.slice(0, 2), ...own.slice(4)],
    [...own, '--subject', 'ben'],
  ]) {
    expect({ options, ...(await open(options)) }).toMatchObject({ options, status: 1, stdout: '' })
  }
  expect(existsSync(at('opened'))).toBe(false)
  expect(await open(own)).toMatchObject({ status: 0 })
  expect(readFileSync(at('opened')).equals(content)).toBe(true)
})

test.each([
  ['a key type that the schema does not have', ['seal', at('report.pdf'), '--key-type', 'PIII']],
  ['a file that is not there', ['seal', at('none')]],
  ['a folder', ['seal', folder, '--out', at('folder.sealed')]],
  ['a folder to write to that is not there', ['seal', at('report.pdf'), '--out', at('none/report')]],
  ['a file whose new name cannot be told', ['open', at('report.pdf')]],
])('%s is refused with status 2', async (_title, args) => {
  const { status, stdout, stderr } = await runCli([...args, '--data', data])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain('(CONFIGURATION_INVALID)')
  expect(files()).toEqual(['report.pdf'])
})

function run(args: readonly string[], input: Buffer) {
  const options = { input, maxBuffer: 2 ** 30, env: { PATH: process.env.PATH ?? '' } }
  return spawnSync(process.execPath, [program, ...args, '--data', data], options)
}

test('standard input is sealed to standard output, compressed, and back', () => {
  const text = Buffer.from('a line of a log\n'.repeat(100_000))
  const sealed = run(['seal', '-', '--compress'], text)
  expect(sealed.status).toBe(0)
  expect(sealed.stdout.length).toBeLessThan(text.length / 50)
  expect(sealed.stderr.toString()).toMatch(/^sealed - /)
  const opened = run(['open', '-'], sealed.stdout)
  expect(opened.status).toBe(0)
  expect(opened.stdout.equals(text)).toBe(true)
})

test('of a stream that was cut off, standard output has verified chunks and the status tells', () => {
  const sealed = run(['seal', '-'], content).stdout
  const opened = run(['open', '-'], sealed.subarray(0, -1))
  expect(opened.status).toBe(1)
  expect(opened.stdout.equals(content.subarray(0, 4 * 65_536))).toBe(true)
  expect(opened.stderr.toString()).toContain('is not all of it')
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves no file, whole or in part', async (signal) => {
  const child = spawn(process.execPath, [program, 'seal', '-', '--out', at('endless'), '--data', data], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => undefined)
  child.stdin.write(content)
  while (!files().some((name) => name.endsWith('.draft'))) await pause(50)
  expect(existsSync(at('endless'))).toBe(false)
  child.kill(signal)
  const [status] = await once(child, 'close')
  expect(status).toBe(130)
  expect(files()).toEqual(['report.pdf'])
})

test('a gateway that runs on the data folder shares its keys', async () => {
  await sealReport('--subject', 'ana')
  const gateway = await startGatewayCli(['--data', data])
  try {
    const out = at('opened')
    const args = ['open', at('report.pdf.sealed'), '--out', out, '--subject', 'ana', '--data', data]
    expect(await runCli(args)).toMatchObject({ status: 0 })
    expect(readFileSync(out).equals(content)).toBe(true)
  } finally {
    await gateway.stop()
  }
}, 60_000)
