import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { KeyRights } from '../../crypto/key-rights.ts'
import type { Policies } from '../../directives/policies.ts'
import {
  createKeyProvider,
  isKeyServiceOptions,
  type KeyProviderOptions,
  type LocalOptions,
} from '../../kms/index.ts'
import { checkKeyService } from './check-key-service.ts'
import { checkVault } from './check-vault.ts'
import { describeFailure, failure, type Finding, ok } from './finding.ts'

/** Whether the key service answers and grants what the schema needs. Makes no key. */
export function checkKeys(
  options: KeyProviderOptions,
  policies: Policies | undefined,
  rights: KeyRights,
  audited: boolean,
): Promise<readonly Finding[]> {
  if (isKeyServiceOptions(options)) return checkKeyService(options, policies, rights, audited)
  return options.provider === 'vault' ? checkVault(options, policies, rights, audited) : checkLocal(options)
}

async function checkLocal(options: LocalOptions): Promise<readonly Finding[]> {
  const check = 'Keys'
  const { folder } = options
  if (!existsSync(join(folder, 'keyring'))) return [ok(check, `local, made in ${folder} at the first start`)]
  const provider = createKeyProvider(options)
  try {
    // Opens what is there with the master key; nothing is asked for, so nothing is made.
    await provider.prepare([])
    return [ok(check, `local, in ${folder}; the master key opens them`)]
  } catch (error) {
    const fix = 'restore the master key and the keys folder from the same backup.'
    return [failure(check, describeFailure(error), fix)]
  } finally {
    await provider.close()
  }
}
