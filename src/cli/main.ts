#!/usr/bin/env node
import { readFileSync } from 'node:fs'

import { Command } from 'commander'

import { registerStart } from './start.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('sealgate')
  .description('A GraphQL gateway that encrypts and masks sensitive fields, as its schema declares.')
  .version(version)
  .showHelpAfterError()

registerStart(program)

await program.parseAsync()
