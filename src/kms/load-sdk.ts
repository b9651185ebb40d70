import { GatewayError } from '../errors.ts'

/**
 * Loads what only one provider needs, so that nobody else installs it.
 *
 * @throws GatewayError `CONFIGURATION_INVALID` with the command that installs it, when it is not there.
 */
export async function loadSdk<Sdk>(
  provider: string,
  packages: readonly string[],
  load: () => Promise<Sdk>,
): Promise<Sdk> {
  try {
    return await load()
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `${provider} needs a package that is not installed: npm install ${packages.join(' ')}`,
    })
  }
}
