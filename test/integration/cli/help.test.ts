import { readFileSync } from 'node:fs'

import { beforeAll, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import { runCli } from '../../support/run-cli.ts'

/** The help that `docs/cli.md` shows, by command; that of the program itself under its own name. */
function documentedHelp(): ReadonlyMap<string, string> {
  const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
  const blocks = [...docs.matchAll(/```text\n\$ sealgate (?:(\w+(?: \w+)?) )?--help\n(.*?)```/gs)]
  return new Map(blocks.map(([, command = 'sealgate', help = '']) => [command, help]))
}

/** The commands that a help lists; those of a group, which takes no options itself, by both words. */
async function listCommands(group: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runCli([...group, '--help'])
  const listed = [...stdout.matchAll(/^ {2}(\w+)( .*?\[options\].*?)? {2,}\S/gm)].filter(
    ([, name]) => name !== 'help',
  )
  const names = listed.map(async ([, name = '', options]) =>
    options === undefined ? listCommands([...group, name]) : [[...group, name].join(' ')],
  )
  return (await Promise.all(names)).flat()
}

let commands: readonly string[]

beforeAll(async () => {
  await buildDist()
  commands = await listCommands([])
}, 180_000)

test('docs/cli.md shows the help of every command, and of no other', () => {
  expect(commands).toEqual(expect.arrayContaining(['start', 'vault init']))
  expect([...documentedHelp().keys()].sort()).toEqual(['sealgate', ...commands].sort())
})

test('docs/cli.md shows help as it is printed', async () => {
  const documented = documentedHelp()
  expect((await runCli(['--help'])).stdout).toBe(documented.get('sealgate'))
  for (const command of commands) {
    const { status, stdout } = await runCli([...command.split(' '), '--help'])
    expect(status).toBe(0)
    expect(stdout).toBe(documented.get(command))
  }
})

test('every command has an example, --json, and tells its exit statuses', async () => {
  for (const command of commands) {
    const { stdout } = await runCli([...command.split(' '), '--help'])
    expect(stdout).toMatch(new RegExp(`^Examples:\n(?: {2}\\$ .*sealgate ${command})`, 'm'))
    expect(stdout).toMatch(/^ {2}--json/m)
    expect(stdout).toMatch(/^Exit status:\n {2}0 {2}/m)
  }
})

test('an unknown command or option is refused with status 2', async () => {
  for (const args of [['begin'], ['start', '--prot', '80'], []]) {
    const { status, stdout, stderr } = await runCli(args)
    expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: '' })
    expect(stderr).not.toBe('')
  }
})
