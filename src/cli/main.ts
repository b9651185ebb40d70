#!/usr/bin/env node
import { readFileSync } from 'node:fs'

import { Command } from 'commander'

import { registerAudit } from './audit.ts'
import { registerBackup, registerRestore } from './backup.ts'
import { registerDoctor } from './doctor.ts'
import { registerErase } from './erase.ts'
import { registerExplain } from './explain.ts'
import { registerGet } from './get.ts'
import { registerInspect } from './inspect.ts'
import { registerOpen } from './open.ts'
import { registerRecover } from './recover.ts'
import { registerSeal } from './seal.ts'
import { registerKeys } from './keys.ts'
import { registerRetain } from './retain.ts'
import { registerStart } from './start.ts'
import { registerToken } from './token.ts'
import { registerVault } from './vault.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const program = new Command('sealgate')
  .description('A GraphQL gateway that encrypts and masks sensitive fields, as its schema declares.')
  .version(version)
  .showHelpAfterError('(run it with --help to see what it takes)')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

registerStart(program)
registerToken(program)
registerInspect(program)
registerExplain(program)
registerGet(program)
registerSeal(program)
registerOpen(program)
registerKeys(program)
registerErase(program)
registerRetain(program)
registerDoctor(program)
registerAudit(program)
registerVault(program)
registerBackup(program)
registerRestore(program)
registerRecover(program)

await program.parseAsync()
