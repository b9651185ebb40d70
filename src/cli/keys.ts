import { type Command, InvalidArgumentError, Option } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse, type Use } from './describe-use.ts'
import type { CleanupOptions } from './keys/cleanup.ts'
import type { ListOptions } from './keys/list.ts'
import type { MigrateOptions } from './keys/migrate.ts'
import type { ReencryptCommandOptions } from './keys/reencrypt.ts'
import type { ReindexOptions } from './keys/reindex.ts'
import type { RevokeOptions } from './keys/revoke.ts'
import type { RotateOptions } from './keys/rotate.ts'
import { runCommand } from './run-command.ts'

export interface KeysOptions extends Pick<Overrides, 'schema' | 'data'> {
  readonly json?: boolean
}

export interface KeyFilterOptions extends KeysOptions {
  readonly type?: string
  readonly state?: string
  readonly tenant?: string
  readonly holder?: string
  readonly keyId?: string
  readonly olderThan?: number
  readonly kekVersion?: number
}

const types = ['[types...]', 'key types, such as FINANCIAL'] as const

/** `rotate`, `rewrap` and `reencrypt` are three jobs, and three words. */
export function registerKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('Show and change keys: their versions, data keys and jobs.')

  const status = keys
    .command('status')
    .description(
      'Show every key of the key service: versions, age, what is due, and what is under which version.',
    )
  describe(status, {
    examples: ['sealgate keys status', 'sealgate keys status --json'],
  }).action(runCommand(async (options: KeysOptions) => (await import('./keys/status.ts')).status(options)))

  const list = addFilters(
    keys.command('list').description('List data keys, by type, state and age. Nothing secret is shown.'),
  ).option('--limit <number>', 'show this many at most', wholeNumber, 50)
  describe(list, {
    examples: [
      'sealgate keys list --state compromised',
      'sealgate keys list --type PII --older-than 365 --json',
    ],
  }).action(runCommand(async (options: ListOptions) => (await import('./keys/list.ts')).list(options)))

  const rotate = keys
    .command('rotate')
    .description(
      'Make a new version of keys in the key service. New data keys are under it; nothing else changes.',
    )
    .argument(...types)
    .option('--due', 'those whose rotation interval has passed')
    .option('--all', 'all that the schema needs')
  const runRotate = async (names: string[], options: RotateOptions): Promise<void> =>
    (await import('./keys/rotate.ts')).rotate(names, options)
  describe(rotate, {
    examples: ['sealgate keys rotate FINANCIAL', 'sealgate keys rotate --due'],
  }).action(runCommand(runRotate))

  const rewrap = keys
    .command('rewrap')
    .description('Bring data keys under the newest version of their keys. Stored values stay as they are.')
    .argument(...types)
  const runRewrap = async (names: string[], options: KeysOptions): Promise<void> =>
    (await import('./keys/rewrap.ts')).rewrap(names, options)
  describe(rewrap, {
    examples: ['sealgate keys rewrap', 'sealgate keys rewrap FINANCIAL --json'],
    exits: { 1: 'data keys are left under older versions: they do not open' },
  }).action(runCommand(runRewrap))

  const migrate = keys
    .command('migrate')
    .description(
      'Move every data key from the previous key service to another. Stored values stay as they are.',
    )
    .addOption(
      new Option('--to <service>', 'the key service that SEALGATE_KEYS names')
        .choices(['local', 'vault', 'aws-kms', 'azure-key-vault', 'gcp-kms'])
        .makeOptionMandatory(),
    )
  describe(migrate, {
    examples: ['SEALGATE_KEYS=vault SEALGATE_PREVIOUS_KEYS=local sealgate keys migrate --to vault'],
    exits: { 1: 'data keys are left at the previous key service: they do not open' },
  }).action(
    runCommand(async (options: MigrateOptions) => (await import('./keys/migrate.ts')).migrate(options)),
  )

  const reencrypt = keys
    .command('reencrypt')
    .description('Encrypt stored values anew that are not under the current data key of their holder.')
    .argument('<types...>', 'key types, such as FINANCIAL')
    .addOption(
      new Option(
        '--former-scope <scope>',
        'where keys of values lie that were written before the schema changed',
      ).choices(['SUBJECT', 'TENANT', 'MODEL', 'DOCUMENT']),
    )
    .option('--former-type <type>', 'the key type of values that were written before the schema changed')
  const runReencrypt = async (names: string[], options: ReencryptCommandOptions): Promise<void> =>
    (await import('./keys/reencrypt.ts')).reencrypt(names, options)
  describe(reencrypt, {
    examples: ['sealgate keys reencrypt FINANCIAL', 'sealgate keys reencrypt PII --former-scope SUBJECT'],
    exits: { 1: 'values are left under other keys: they do not open, or their keys cannot be had' },
  }).action(runCommand(runReencrypt))

  const reindex = keys
    .command('reindex')
    .description(
      'Make index terms anew, under new keys and as the schema normalises now. Searches and unique fields work meanwhile.',
    )
    .argument('<types...>', 'key types, such as PII')
    .option('--due', 'only where a key is revoked, too old, or for another normaliser than the schema has')
  const runReindex = async (names: string[], options: ReindexOptions): Promise<void> =>
    (await import('./keys/reindex.ts')).reindex(names, options)
  describe(reindex, {
    examples: ['sealgate keys reindex PII', 'sealgate keys reindex PII --due'],
    exits: { 1: 'terms are left as they were: values do not open, or would not be unique any more' },
  }).action(runCommand(runReindex))

  const cleanup = keys
    .command('cleanup')
    .description(
      'Show which old versions are past their days of grace and wrap nothing; with --apply, destroy them.',
    )
    .argument(...types)
    .option('--apply', 'destroy them, for ever')
    .option('--ignore-grace', 'also before the days of grace are over, as for a version that others may know')
  const runCleanup = async (names: string[], options: CleanupOptions): Promise<void> =>
    (await import('./keys/cleanup.ts')).cleanup(names, options)
  describe(cleanup, {
    examples: ['sealgate keys cleanup', 'sealgate keys cleanup FINANCIAL --apply'],
  }).action(runCommand(runCleanup))

  const revoke = addFilters(
    keys
      .command('revoke')
      .description('Change the state of data keys: what is compromised encrypts nothing any more.'),
  )
    .requiredOption('--reason <text>', 'why, for the audit log')
    .addOption(
      new Option('--as <state>', 'the state from now on')
        .choices(['compromised', 'disabled', 'enabled'])
        .default('compromised'),
    )
  describe(revoke, {
    examples: [
      'sealgate keys revoke --type FINANCIAL --kek-version 3 --reason "backup lost"',
      'sealgate keys revoke --holder 0198c3a4b5d60000c7f2a1e9 --as disabled --reason "ticket 4711"',
    ],
  }).action(runCommand(async (options: RevokeOptions) => (await import('./keys/revoke.ts')).revoke(options)))

  const jobs = keys.command('jobs').description('Show the jobs of all processes, the newest first.')
  describe(jobs, {
    examples: ['sealgate keys jobs'],
  }).action(runCommand(async (options: KeysOptions) => (await import('./keys/jobs.ts')).jobs(options)))
}

/** What every command of the group ends with. */
function describe(command: Command, use: Use): Command {
  addConfigOptions(command, ['schema', 'data']).option('--json', 'print one line of JSON')
  return describeUse(command, use)
}

function addFilters(command: Command): Command {
  return command
    .option('--type <type>', 'of this key type')
    .option('--state <state>', 'enabled, disabled, compromised, indexing, retired, closing or destroyed')
    .option('--tenant <tenant>', 'of this tenant')
    .option('--holder <id>', 'of this subject, document, model or path')
    .option('--key-id <hex>', 'whose key id begins so')
    .option('--older-than <days>', 'made so many days ago, or more', wholeNumber)
    .option('--kek-version <number>', 'under this version of their key', wholeNumber)
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.')
  return number
}
