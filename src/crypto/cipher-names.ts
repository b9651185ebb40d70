import type { SuiteId } from './suites.ts'

/** Suites that an installation may choose for keys of one subject or document, by the names of its configuration. */
export const ciphers = { 'aes-256-gcm': 1, 'chacha20-poly1305': 3 } as const satisfies Record<string, SuiteId>

export type CipherName = keyof typeof ciphers
