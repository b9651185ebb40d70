import type { KeyRights } from '../../crypto/key-rights.ts'
import type { Policies } from '../../directives/policies.ts'
import { createKeyService, type KeyServiceOptions } from '../../kms/index.ts'
import { describeIntermediateKeys } from '../../kms/intermediate/describe.ts'
import { neededKeks } from '../../server/verified-keys.ts'
import { describeFailure, failure, type Finding, ok } from './finding.ts'

/** Asks a cloud's key service about each key that the schema needs, and says what is weaker than with batches and contexts. */
export async function checkKeyService(
  options: KeyServiceOptions,
  policies: Policies | undefined,
  rights: KeyRights,
  audited: boolean,
): Promise<readonly Finding[]> {
  const fix = 'see docs/key-providers.md for the keys and rights that are needed.'
  try {
    const service = createKeyService(options)
    const findings = [ok('Keys', describeIntermediateKeys(service).join('\n'))]
    for (const kek of policies === undefined ? [] : neededKeks(policies, rights, audited)) {
      const check = `Key ${kek.keyType} ${kek.purpose}`
      const finding = await service.prepare(kek).then(
        () => ok(check, 'is there, enabled and fit'),
        (error: unknown) => failure(check, describeFailure(error), fix),
      )
      findings.push(finding)
    }
    await service.close()
    return findings
  } catch (error) {
    return [failure('Keys', describeFailure(error), fix)]
  }
}
