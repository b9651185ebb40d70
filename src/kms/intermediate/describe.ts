import type { KeyService } from './key-service.ts'

/** What is weaker than where a key service wraps each data key itself, in sentences. */
export function describeIntermediateKeys({ name, capabilities }: KeyService): readonly string[] {
  return [
    `${name} wraps one intermediate key for each tenant, key type and purpose; this process wraps data keys under it.`,
    'For 5 minutes a key in memory opens all data keys of its tenant, type and purpose; the service logs its unwraps alone.',
    ...(capabilities.context
      ? []
      : [
          'The service binds it to no context: a signature by the same key does, which instances that make keys need.',
        ]),
    'A trimmed version can be restored from a backup of the keys database, until the key of the service is destroyed.',
  ]
}
