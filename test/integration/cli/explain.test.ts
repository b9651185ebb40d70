import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import { runCli, runCliForJson } from '../../support/run-cli.ts'

const schema = mkdtempSync(join(tmpdir(), 'sealgate-explain-'))

const sdl = `type Patient
  @model(collection: "patients")
  @access(read: ["owner", "role:DOCTOR", "role:NURSE"], create: ["role:DOCTOR"], update: ["owner", "role:DOCTOR"]) {
  id: ID!
  ward: String
  name: String @encrypted(searchable: true) @masked(as: NAME, reveal: ["owner", "role:DOCTOR"])
  diagnosis: String
    @encrypted
    @access(read: ["owner", "role:DOCTOR"], update: ["role:DOCTOR"])
  contact: Contact
  mother: Contact
}
type Contact @embedded {
  phone: String
    @encrypted
    @masked(as: LAST4, for: ["role:NURSE"], reveal: ["role:DOCTOR"])
  pin: String @hashed
}
`

type Answers = Readonly<
  Record<string, { readonly answer: string; readonly because: string; readonly at: string }>
>

async function explain(...args: string[]): Promise<Answers> {
  const { status, json } = await runCliForJson(['explain', ...args, '--schema', schema])
  expect(status).toBe(0)
  return json.places[0].answers as Answers
}

beforeAll(async () => {
  writeFileSync(join(schema, 'clinic.graphql'), sdl)
  await buildDist()
}, 180_000)

afterAll(() => {
  rmSync(schema, { recursive: true, force: true })
})

describe('explain tells the state, the words that decide and their line', () => {
  test('of a field that is clear for some and masked for others', async () => {
    const nurse = await explain('Patient.name', '--role', 'NURSE')
    expect(nurse['own rows']).toMatchObject({ answer: 'clear', because: 'owner may see it clear' })
    expect(nurse['other rows']).toMatchObject({
      answer: 'masked NAME',
      because: expect.stringContaining('clear is for owner or role:DOCTOR'),
      at: expect.stringMatching(/clinic\.graphql:6$/),
    })
    expect(nurse.filter).toMatchObject({ answer: 'own rows', because: expect.stringContaining('eq and in') })
    expect(nurse.sort).toMatchObject({ answer: 'no', because: 'ciphertext has no order' })
    const doctor = await explain('Patient.name', '--role', 'DOCTOR')
    expect(doctor['other rows']).toMatchObject({ answer: 'clear', because: 'role:DOCTOR may see it clear' })
    expect(doctor.filter?.answer).toBe('all rows')
  })

  test('of a field with rules of its own', async () => {
    const nurse = await explain('Patient.diagnosis', '--role', 'NURSE')
    expect(nurse['other rows']).toMatchObject({
      answer: 'hidden',
      because: 'read of Patient.diagnosis is for owner or role:DOCTOR',
      at: expect.stringMatching(/clinic\.graphql:9$/),
    })
    expect(nurse.update).toMatchObject({
      answer: 'no',
      because: 'update of Patient.diagnosis is for role:DOCTOR',
      at: expect.stringMatching(/clinic\.graphql:9$/),
    })
    expect((await explain('Patient.diagnosis', '--role', 'DOCTOR')).update?.answer).toBe('all rows')
  })

  test('of a viewer who may not read the type at all', async () => {
    const nobody = await explain('Patient.ward')
    expect(nobody['own rows']).toMatchObject({ answer: 'none' })
    expect(nobody['other rows']).toMatchObject({
      answer: 'hidden',
      because: 'read of Patient is for owner or role:DOCTOR or role:NURSE',
      at: expect.stringMatching(/clinic\.graphql:3$/),
    })
    expect(nobody.filter?.answer).toBe('no')
  })

  test('of a mask that is for certain viewers, and of one who has none', async () => {
    const nurse = await explain('Contact.phone', '--role', 'NURSE')
    expect(nurse['other rows']).toMatchObject({
      answer: 'masked LAST4',
      because: expect.stringContaining('the mask is for role:NURSE'),
    })
    const owner = await explain('Contact.phone', '--subject', 'p-1')
    expect(owner['own rows']).toMatchObject({
      answer: 'hidden',
      because: 'no mask is for this viewer, and clear is for role:DOCTOR',
    })
    expect(owner['other rows']?.because).toContain('read of Patient')
  })

  test('of what nobody ever reads', async () => {
    expect((await explain('Contact.pin', '--role', 'DOCTOR'))['other rows']).toMatchObject({
      answer: 'hidden',
      because: expect.stringContaining('@hashed'),
    })
  })
})

test('explain goes through every place where an embedded type stands', async () => {
  const { json } = await runCliForJson(['explain', 'Contact.phone', '--role', 'DOCTOR', '--schema', schema])
  const paths = (json.places as { path: string }[]).map(({ path }) => path)
  expect(paths).toEqual(['Patient.contact.phone', 'Patient.mother.phone'])
})

test('explain needs no configuration that a production start needs', async () => {
  const { status, stdout } = await runCli(['explain', 'Patient.name', '--schema', schema], {
    NODE_ENV: 'production',
  })
  expect(status).toBe(0)
  expect(stdout).toContain('nobody in particular (no token)')
})

test('explain refuses coordinates that the schema does not have', async () => {
  for (const coordinate of ['Patient.shoeSize', 'Doctor.name']) {
    const { status, stderr } = await runCli(['explain', coordinate, '--schema', schema])
    expect({ coordinate, status }).toEqual({ coordinate, status: 2 })
    expect(stderr).toContain(coordinate.startsWith('Doctor') ? 'no type Doctor' : coordinate)
  }
})
