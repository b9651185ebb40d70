import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { createMongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { type BuiltEmbeddedMongodb, buildEmbeddedMongodb } from '../../support/built-embedded-mongodb.ts'
import { startEmbeddedMongodbProcess } from '../../support/embedded-mongodb-process.ts'

async function readNames(uri: string): Promise<unknown> {
  const client = await MongoClient.connect(uri)
  try {
    return (await client.db('d').collection('c').distinct('name')) as unknown
  } finally {
    await client.close()
  }
}

async function writeName(uri: string, name: string): Promise<void> {
  const client = await MongoClient.connect(uri)
  await client.db('d').collection('c').insertOne({ name })
  await client.close()
}

describe('embedded MongoDB server, its process and folder', () => {
  let built: BuiltEmbeddedMongodb
  let folder: string

  beforeAll(async () => {
    built = await buildEmbeddedMongodb()
    folder = await mkdtemp(join(tmpdir(), 'sealgate-folder-'))
  }, 120_000)
  afterAll(async () => {
    await built.remove()
    await rm(folder, { recursive: true })
  })

  it('serves from a worker thread, refuses a second server, and gives the folder up when killed', async () => {
    const first = await startEmbeddedMongodbProcess(built, folder)
    await writeName(first.uri, 'kept')
    await expect(startEmbeddedMongodbProcess(built, folder)).rejects.toThrow(/in use by another/)
    await expect(createMongodbServer({ folder })).rejects.toThrow(/in use by another/)
    expect(await readNames(first.uri)).toEqual(['kept'])
    await first.kill()
    const second = await startEmbeddedMongodbProcess(built, folder)
    expect(await readNames(second.uri)).toEqual(['kept'])
    await second.kill()
  }, 60_000)

  it('finds its data again after an orderly stop', async () => {
    const own = join(folder, 'orderly')
    const first = await createMongodbServer({ folder: own })
    await writeName(first.uri, 'one')
    await first.close()
    const second = await createMongodbServer({ folder: own })
    expect(await readNames(second.uri)).toEqual(['one'])
    await second.close()
  })

  it('lets exactly one of several servers have a folder they start on at once', async () => {
    const own = join(folder, 'race')
    const attempts = await Promise.allSettled([1, 2, 3].map(() => startEmbeddedMongodbProcess(built, own)))
    const started = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    await Promise.all(started.map((server) => server.kill()))
    expect(started).toHaveLength(1)
  }, 60_000)

  it('refuses a port that is taken', async () => {
    const first = await createMongodbServer({ folder: join(folder, 'port-a') })
    const port = Number(new URL(first.uri).port)
    await expect(createMongodbServer({ folder: join(folder, 'port-b'), port })).rejects.toThrow(/EADDRINUSE/)
    await first.close()
  })
})
