import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import type { KeyRights } from '../../../src/crypto/key-rights.ts'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { vaultPolicies } from '../../../src/kms/vault/policies.ts'
import type { ErasureReceipt } from '../../../src/rotation/erasure/receipt.ts'
import { keyOfReceipt, verifyReceipt } from '../../../src/rotation/erasure/receipt-key.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createErasureBench, newestOf } from '../../support/erasure-bench.ts'
import { createToken, describeOnVault, sharedVault } from '../../support/test-vault.ts'

const admin = { roles: ['ADMIN'] }
const support = { roles: ['SUPPORT'] }

describeOnVault('an erasure under Vault policies', () => {
  const mountPath = `erasure-${crypto.randomUUID()}`
  const policies = vaultPolicies({ mountPath, keyPrefix: 'sealgate' }, ['AUDIT_LOG', 'FINANCIAL', 'PII'])
  const gateways: TestGateway[] = []
  let folder: string
  let server: MongodbServer

  async function start(keyRights: KeyRights, token: string): Promise<TestGateway> {
    const gateway = await createTestGateway({
      uri: server.uri,
      folder,
      database: 'erasure',
      keys: {
        provider: 'vault',
        address: sharedVault().address,
        auth: { method: 'token', token },
        mountPath,
      },
      keyRights,
    })
    gateways.push(gateway)
    return gateway
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sealgate-erasure-'))
    server = await createMongodbServer({ folder: join(folder, 'database') })
    // Makes the transit keys, which no policy of a gateway may.
    await start('full', sharedVault().token)
  }, 60_000)

  afterAll(async () => {
    for (const { gateway } of gateways) await gateway.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('needs no more than the policy of a full instance, reads dates from Vault, and reaches every kind', async () => {
    const full = await start('full', await createToken(sharedVault(), { policy: policies.full }))
    const maskOnly = await start(
      'mask-only',
      await createToken(sharedVault(), { policy: policies['mask-only'] }),
    )
    const create =
      'mutation { created: createCustomer(input: { fullName: "Ana Pérez", email: "ana@example.com" }) { id } }'
    const { data } = await full.ask(admin, create)
    const { id } = data.created as { id: string }
    const read = `{ customer(id: "${id}") { email } }`
    expect((await maskOnly.ask(support, read)).data.customer).toEqual({ email: 'a***@example.com' })
    const bench = createErasureBench(full, { keyService: 7 })
    const job = await bench.erase(id)
    expect(job).toMatchObject({ state: 'done' })
    const text = (await bench.erasure.ledger.find('default', id))?.receipts[0]?.text ?? ''
    const key = (await bench.erasure.receiptKey?.publicKey(keyOfReceipt(text))) ?? {}
    const receipt = (await verifyReceipt(text, key)) as ErasureReceipt
    const days = 180 + 30 + 1 + 7 + 1
    expect(receipt.backups.encryptedIrrecoverableBy).toBe(
      new Date((await newestOf(full)).getTime() + days * 86_400_000).toISOString().slice(0, 10),
    )
    maskOnly.gateway.keyRing.clear()
    const answer = await maskOnly.ask(support, read)
    expect(answer.data.customer).toEqual({ email: null })
    expect(answer.errors[0]?.extensions.code).toBe('ERASED')
  }, 60_000)
})
