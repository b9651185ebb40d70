import { styleText } from 'node:util'

import { type Config, findSchemaFolder, loadConfig } from '../../config/load-config.ts'
import { findProductionRefusals } from '../../config/production-refusals.ts'
import { findUnreadVariables } from '../../config/unread-variables.ts'
import type { DoctorOptions } from '../doctor.ts'
import { renderTable } from '../table.ts'
import { checkDataFolder } from './check-data-folder.ts'
import { checkDatabase } from './check-database.ts'
import { checkKeys } from './check-keys.ts'
import { checkProduction } from './check-production.ts'
import { describePerformance } from './describe-performance.ts'
import { checkGraphqlCopies, checkNode } from './check-runtime.ts'
import { checkRedis } from './check-redis.ts'
import { checkSchema } from './check-schema.ts'
import { checkAes, checkFieldSpeed } from './check-speed.ts'
import { describeFailure, failure, type Finding, ok, warning } from './finding.ts'

export async function doctor(options: DoctorOptions): Promise<void> {
  const findings = await examine(options)
  const healthy = findings.every(({ state }) => state !== 'failure')
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ok: healthy, findings })}\n`
      : `\n${printFindings(findings)}\n\n`,
  )
  if (!healthy) process.exitCode = 1
}

async function examine(options: DoctorOptions): Promise<readonly Finding[]> {
  const { finding: schema, policies } = checkSchema(findSchemaFolder(options))
  const machine = [checkNode(), checkGraphqlCopies(), checkAes(), checkFieldSpeed(), schema]
  let config: Config
  try {
    config = loadConfig(options)
  } catch (error) {
    const first = describeFailure(error)
    const refusals = findProductionRefusals(options)
    const all = refusals.includes(first) ? refusals : [first]
    const fix = 'set the variable; docs/operations.md lists them all.'
    return [...machine, ...all.map((refusal) => failure('Configuration', refusal, fix))]
  }
  return [
    ...machine,
    ok('Configuration', config.production ? 'for production' : 'for development'),
    ...findUnreadVariables().map((variable) => warning('Configuration', variable, 'correct its name.')),
    describePerformance(config.gateway),
    checkDataFolder(config),
    ...(await checkDatabase(config)),
    ...(await checkKeys(
      config.gateway.keys,
      policies,
      config.gateway.keyRights,
      config.gateway.audit !== 'off',
    )),
    ...(config.gateway.keys.previous === undefined
      ? []
      : await checkKeys(
          config.gateway.keys.previous,
          policies,
          config.gateway.keyRights,
          config.gateway.audit !== 'off',
        )),
    await checkRedis(config.gateway.cache),
    ...checkProduction(config, options),
  ]
}

const colours = { ok: 'green', warning: 'yellow', failure: 'red' } as const

function printFindings(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ state, check, detail, fix }) => {
    const [first = '', ...more] = detail.split('\n')
    return [
      [styleText(colours[state], state), check, first],
      ...more.map((line) => ['', '', line]),
      ...(fix === undefined ? [] : [['', '', styleText('dim', `→ ${fix}`)]]),
    ]
  })
  return renderTable(['', 'check', 'what was found'], rows)
}
