import { type Command, InvalidArgumentError } from 'commander'

import type { TokenRequest } from '../auth/mint-token.ts'
import type { Viewer } from '../auth/viewer.ts'

/** Who looks, as the command line says it. */
export interface ViewerOptions {
  readonly id?: string
  readonly role?: readonly string[]
  readonly scope?: readonly string[]
  readonly subject?: string
  readonly tenant?: string
  readonly service?: boolean
}

export function addViewerOptions(command: Command): Command {
  return command
    .option('--name, --id <id>', "who it is: the token's `sub` (default: developer)", readName)
    .option('--role <role>', 'a role of theirs; repeatable', addName)
    .option('--scope <scope>', 'a scope of theirs; repeatable', addScope)
    .option('--subject <id>', 'whose data they own (default: their own id; nothing for a service)', readName)
    .option('--tenant <tenant>', 'their tenant (default: SEALGATE_TENANT, or default)', readName)
    .option('--service', 'a service, not a person')
}

export function namesViewer({ id, role, scope, subject, service }: ViewerOptions): boolean {
  return [id, role, scope, subject, service].some((option) => option !== undefined)
}

/** The viewer whom a token of {@link toTokenRequest} makes. */
export function toViewer(options: ViewerOptions, defaultTenant: string): Viewer {
  const { kind, id, subject } = identify(options)
  return {
    kind,
    id,
    tenant: options.tenant ?? defaultTenant,
    subject,
    roles: new Set(options.role),
    scopes: new Set(options.scope),
    expiresAt: undefined,
  }
}

export function toTokenRequest(
  options: ViewerOptions,
  defaultTenant: string,
  lifetimeSeconds: number,
): TokenRequest {
  const { role: roles, scope: scopes, tenant = defaultTenant } = options
  return { ...identify(options), tenant, roles, scopes, lifetimeSeconds }
}

function identify({ id = 'developer', service = false, subject }: ViewerOptions) {
  const kind = service ? 'service' : 'user'
  return { kind, id, subject: subject ?? (service ? undefined : id) } as const
}

const longestName = 256

export function readName(value: string): string {
  if (value !== '' && value.length <= longestName) return value
  throw new InvalidArgumentError(`It needs 1 to ${longestName} characters.`)
}

function addName(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, readName(value)]
}

function addScope(value: string, earlier: readonly string[] = []): readonly string[] {
  if (/\s/.test(value)) throw new InvalidArgumentError('A scope holds no spaces; repeat the option.')
  return addName(value, earlier)
}
