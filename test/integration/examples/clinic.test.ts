import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { type Example, loadExample } from '../../../src/cli/start/example.ts'
import { type ExampleIds, prepareExample } from '../../../src/cli/start/seed-example.ts'
import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'

const schemaFolder = fileURLToPath(new URL('../../../examples/clinic/schema', import.meta.url))

let t: TestGateway
let example: Example
let ids: ExampleIds

beforeAll(async () => {
  t = await createTestGateway({ schemaFolder })
  example = loadExample(schemaFolder, t.gateway.policies)
  const { roles = [], scopes = [] } = example.viewers[0] ?? {}
  ;({ ids } = await prepareExample(t.gateway, example, await t.token({ roles, scopes }), t.folder))
})

afterAll(() => t.close())

const doctor = { roles: ['DOCTOR'] }
const nurse = { roles: ['NURSE'] }
const reception = { roles: ['RECEPTION'] }
const billing = { roles: ['BILLING'] }
const researcher = { roles: ['RESEARCHER'] }
const service = { kind: 'service', roles: ['DOCTOR'] } as const
const owner = () => ({ subject: ids.lena })

/** Paths of fields that were denied, with what the coordinate is. */
const denied = ({ errors }: GraphQLAnswer): Record<string, unknown> =>
  Object.fromEntries(
    errors.map(({ path, extensions }) => [
      path?.join('.'),
      [extensions.code, extensions.coordinate].join(' '),
    ]),
  )

const patientFields = `recordNumber name email phone nationalNumber birthDate bloodType organDonor allergies weights
  anamnesis lastSeenAt contact { name relationship home { street city floor } } languages preferences registeredAt active`

async function patientAs(viewer: object): Promise<GraphQLAnswer> {
  return t.ask(viewer, `query ($id: ID!) { patient(id: $id) { ${patientFields} } }`, { id: ids.lena })
}

describe('the clinic', () => {
  test('shows a patient all of their record, as it was written', async () => {
    const { data, errors } = await patientAs(owner())
    expect(errors).toEqual([])
    const { portalPassword: _hashed, ...written } = example.documents[0]?.input ?? {}
    expect(data.patient).toEqual({
      ...written,
      lastSeenAt: '2026-02-11T08:15:00.000Z',
      registeredAt: '1999-10-04T07:30:00.000Z',
    })
  })

  test('shows a nurse what is needed at the bedside', async () => {
    const answer = await patientAs(nurse)
    expect(answer.data.patient).toMatchObject({
      name: 'Lena Hofmann',
      email: 'l***@example.org',
      phone: '+4915198765432',
      birthDate: '1957-08-21',
      bloodType: 'AB_NEGATIVE',
      allergies: ['Penicillin', 'Birch pollen'],
      weights: [61.4, null, 60.9],
      contact: { name: 'Paul Hofmann', relationship: 'son', home: { city: 'Mainz', floor: null } },
    })
    expect(denied(answer)).toEqual({
      'patient.nationalNumber': 'FORBIDDEN Patient.nationalNumber',
      'patient.organDonor': 'FORBIDDEN Patient.organDonor',
      'patient.anamnesis': 'FORBIDDEN Patient.anamnesis',
      'patient.contact.home.floor': 'FORBIDDEN Residence.floor',
    })
  })

  test('shows the reception who somebody is, and not what they have', async () => {
    const answer = await patientAs(reception)
    expect(answer.data.patient).toMatchObject({
      name: 'Lena Hofmann',
      email: 'lena.hofmann@example.org',
      nationalNumber: '65170839',
      allergies: ['****', '****'],
      lastSeenAt: '2026-01-01T00:00:00.000Z',
      contact: { home: { street: 'Gartenweg 3', city: 'Mainz', floor: 2 } },
    })
    expect(Object.keys(denied(answer)).sort()).toEqual([
      'patient.anamnesis',
      'patient.bloodType',
      'patient.organDonor',
      // The mask of weights is for researchers alone, so that everybody else sees nothing.
      'patient.weights',
    ])
  })

  test('shows a researcher rounded figures, years and pseudonyms', async () => {
    const answer = await t.ask(
      researcher,
      `{ patients(orderBy: { field: recordNumber }) { nodes { name birthDate weights } }
         visits { nodes { diagnosis { code certain } prescriptions { drug validUntil doses { milligrams } } } }
         labResults { nodes { readings probeDates measuredAt probeNumber channels } } }`,
    )
    expect(answer.errors).toEqual([])
    expect(answer.data.patients.nodes).toEqual([
      { name: 'L*** H***', birthDate: '1957-01-01', weights: [60, null, 60] },
      { name: 'T*** N***', birthDate: '2019-01-01', weights: [20] },
    ])
    expect(answer.data.visits.nodes[0]).toEqual({
      diagnosis: { code: 'I48.0', certain: false },
      prescriptions: [
        { drug: '****', validUntil: '2026-08-11', doses: [{ milligrams: 0 }, { milligrams: 0 }] },
      ],
    })
    expect(answer.data.labResults.nodes[0]).toMatchObject({
      readings: [4.62, null, 13.9],
      probeDates: ['2026-01-01'],
      measuredAt: ['2026-01-01T00:00:00.000Z'],
      probeNumber: expect.stringMatching(/^p_[a-z2-7]{26}$/),
      channels: [1, 2, 7],
    })
  })

  test('hides a whole embedded object from those who may not read the field that holds it', async () => {
    const query =
      '{ visits { nodes { minutes reason diagnosis { code certain } prescriptions { drug repeats } } } }'
    const answer = await t.ask(nurse, query)
    expect(answer.data.visits.nodes[0]).toMatchObject({
      minutes: 25,
      reason: 'Palpitations at night',
      diagnosis: null,
      prescriptions: [{ drug: 'Bisoprolol', repeats: 2 }],
    })
    expect(denied(answer)).toEqual({ 'visits.nodes.0.diagnosis': 'FORBIDDEN Visit.diagnosis' })
    // Billing could be a patient too, and sees visits of their own: none.
    expect((await t.ask(billing, query)).data.visits.nodes).toEqual([])
  })

  test('gives each viewer the mask that is for them', async () => {
    const query =
      '{ insurances { nodes { policyNumber account covers { name limit } coPaymentCard { number expiry } } } }'
    const nodesAs = async (viewer: object) => (await t.ask(viewer, query)).data.insurances.nodes
    expect(await nodesAs(owner())).toEqual([
      {
        policyNumber: 'A 123-456-789',
        account: 'DE89370400440532013000',
        covers: [
          { name: 'Hospital', limit: '250000' },
          { name: 'Dental', limit: '1200' },
        ],
        coPaymentCard: { number: '5500005555555559', expiry: '06/30' },
      },
    ])
    const [seenByBilling] = await nodesAs(billing)
    expect(seenByBilling.coPaymentCard.number).toBe('5500 00** **** 5559')
    expect(seenByBilling.policyNumber).toBe('A 123-456-789')
    const [seenByReception] = await nodesAs(reception)
    expect(seenByReception.coPaymentCard.number).toBe('**** **** **** 5559')
    expect(seenByReception).toMatchObject({
      policyNumber: expect.stringMatching(/^\*+.*6789$|^\*+.*-789$/),
      covers: [{ limit: '250000' }, { limit: '1000' }],
    })
  })

  test('joins relations both ways', async () => {
    const { data, errors } = await t.ask(
      doctor,
      `query ($id: ID!) { patient(id: $id) { visits { practitioner { name visits { patient { id } } } } labResults { analyser } } }`,
      { id: ids.lena },
    )
    expect(errors).toEqual([])
    expect(data.patient).toEqual({
      visits: [{ practitioner: { name: 'Dr. Amara Okafor', visits: [{ patient: { id: ids.lena } }] } }],
      labResults: [{ analyser: 'XN-1000' }],
    })
  })

  test('opens clinic and salary secrets by a composite rule alone', async () => {
    const query = '{ practitioners { nodes { cabinetCode salary workingHours } } }'
    const seen = async (viewer: object) => (await t.ask(viewer, query)).data.practitioners.nodes[0]
    expect(await seen(doctor)).toMatchObject({ cabinetCode: null, salary: 100_000 })
    expect(await seen({ ...doctor, scopes: ['cabinet'] })).toMatchObject({
      cabinetCode: 'K7741-blue',
      salary: 100_000,
    })
    expect(await seen({ roles: ['MANAGER'] })).toEqual({
      cabinetCode: 'K7741-blue',
      salary: 98_400,
      workingHours: { mon: ['08:00', '16:00'] },
    })
  })

  test('verifies passwords and codes without ever reading them', async () => {
    const verify = `mutation ($id: ID!, $value: String!) { verifyPatientPortalPassword(id: $id, value: $value) }`
    const right = await t.ask(owner(), verify, { id: ids.lena, value: 'correct horse battery staple' })
    expect(right.data.verifyPatientPortalPassword).toBe(true)
    const wrong = await t.ask(owner(), verify, { id: ids.lena, value: 'correct horse' })
    expect(wrong.data.verifyPatientPortalPassword).toBe(false)
    const { data } = await t.ask(billing, '{ insurances { nodes { id } } }')
    const card = `mutation ($id: ID!) { verifyCoPaymentCardSecurityCode(id: $id, value: "905") }`
    const verified = await t.ask(billing, card, { id: data.insurances.nodes[0].id })
    expect(verified.data.verifyCoPaymentCardSecurityCode).toBe(true)
  })

  test('finds encrypted values by what they are normalised to, and refuses a second one', async () => {
    const find = async (viewer: object, filter: object) => {
      const query = 'query ($filter: PatientFilter) { patients(filter: $filter) { nodes { id } } }'
      const { data, errors } = await t.ask(viewer, query, { filter })
      const nodes: readonly { id: string }[] | undefined = data?.patients?.nodes
      return nodes?.map(({ id }) => id) ?? errors[0]?.extensions.code
    }
    expect(await find(reception, { email: { eq: ' LENA.Hofmann@Example.ORG ' } })).toEqual([ids.lena])
    // A doctor sees e-mail addresses masked, except their own, and so finds nobody else by them.
    expect(await find(doctor, { email: { eq: 'lena.hofmann@example.org' } })).toEqual([])
    expect(await find(service, { email: { eq: 'lena.hofmann@example.org' } })).toBe('FORBIDDEN')
    expect(await find(doctor, { name: { in: ['TOMASZ NOWAK', 'nobody'] } })).toEqual([ids.tomasz])
    expect(await find(doctor, { birthDate: { eq: '1957-08-21' } })).toEqual([ids.lena])
    expect(await find(reception, { nationalNumber: { eq: '65170839' } })).toEqual([ids.lena])
    expect(await find(owner(), { nationalNumber: { eq: 65_170_839 } })).toEqual([ids.lena])
    const again = await t.ask(
      reception,
      'mutation ($input: PatientCreateInput!) { createPatient(input: $input) { id } }',
      {
        input: {
          recordNumber: 5,
          name: 'X',
          birthDate: '2000-01-01',
          registeredAt: '2020-01-01T00:00:00Z',
          active: true,
          nationalNumber: 65_170_839,
        },
      },
    )
    expect(again.errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      coordinate: 'Patient.nationalNumber',
    })
  })

  test('changes one dose of one prescription, and nothing beside it', async () => {
    const read =
      '{ visits { nodes { id prescriptions { id drug repeats doses { id milligrams times taken } } } } }'
    const [before] = (await t.ask(doctor, read)).data.visits.nodes
    const [prescription] = before.prescriptions
    const [first, second] = prescription.doses
    const input = {
      prescriptions: [
        { id: prescription.id, doses: [{ id: first.id }, { id: second.id, milligrams: 3.75, taken: true }] },
      ],
    }
    const { data, errors } = await t.ask(
      doctor,
      `mutation ($id: ID!, $input: VisitUpdateInput!) { updateVisit(id: $id, input: $input) {
         id prescriptions { id drug repeats doses { id milligrams times taken } } } }`,
      { id: before.id, input },
    )
    expect(errors).toEqual([])
    expect(data.updateVisit.prescriptions).toEqual([
      { ...prescription, doses: [first, { ...second, milligrams: 3.75, taken: true }] },
    ])
    expect((await t.ask(nurse, read)).data.visits.nodes[0].prescriptions).toEqual(
      data.updateVisit.prescriptions,
    )
  })

  test('lets only patients themselves change what is theirs to decide', async () => {
    const change = (viewer: object) =>
      t.ask(
        viewer,
        'mutation ($id: ID!) { updatePatient(id: $id, input: { organDonor: false }) { organDonor } }',
        { id: ids.lena },
      )
    const refused = await change(doctor)
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', inputPath: 'input.organDonor' })
    expect((await change(owner())).data.updatePatient).toEqual({ organDonor: false })
    expect((await change({ subject: ids.tomasz })).errors[0]?.extensions.code).toBe('NOT_FOUND')
  })

  test('has only the operations that the schema names', async () => {
    const { data } = await t.ask(doctor, '{ __schema { mutationType { fields { name } } } }')
    const fields: readonly { name: string }[] = data.__schema.mutationType.fields
    const names = fields.map(({ name }) => name)
    expect(names).toContain('createLabResults')
    expect(names).not.toContain('updateLabResult')
    expect(names).not.toContain('createPractitioners')
  })

  test('stores nothing of what is encrypted in clear', async () => {
    const secrets = [
      'Hofmann',
      'lena.hofmann',
      '+4915198765432',
      '65170839',
      '1957-08-21',
      'AB_NEGATIVE',
      'Penicillin',
      'Gartenweg',
      'Appendix',
      'Palpitations',
      'Bisoprolol',
      'Paroxysmal',
      'I48.0',
      'MORNING',
      'K7741',
      'MZ-2026-0042',
      'DE89370400440532013000',
      '5500005555555559',
      'battery staple',
    ]
    const collections = ['patients', 'visits', 'labResults', 'insurances', 'practitioners']
    const documents = await Promise.all(collections.map((name) => t.raw(name).find().toArray()))
    // `{ relaxed }` would print binaries as text too; latin1 shows every byte of them as it is.
    const stored = JSON.stringify(documents, (_key, value: unknown) =>
      isBinary(value) ? Buffer.from(value.buffer).toString('latin1') : value,
    )
    expect(stored).toContain('Dr. Amara Okafor')
    expect(secrets.filter((secret) => stored.includes(JSON.stringify(secret).slice(1, -1)))).toEqual([])
    expect(t.logs.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([])
  })
})

function isBinary(value: unknown): value is { buffer: Uint8Array } {
  return typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'Binary'
}

describe('the source of the gateway', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const ownNames = /^(type|enum) (\w+)/gm

  test.each(['schema', 'examples/clinic/schema'])('knows no name of %s', (folder) => {
    const files = readdirSync(join(root, folder)).filter(
      (file) => file.endsWith('.graphql') && file !== 'directives.graphql',
    )
    const sdl = files.map((file) => readFileSync(join(root, folder, file), 'utf8')).join('\n')
    const names = [...sdl.matchAll(ownNames)].map(([, , name]) => name ?? '')
    expect(names.length).toBeGreaterThan(5)
    const word = new RegExp(`['"\`](${names.join('|')})\\b`)
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    )
    const knowing = sources.flatMap((file) =>
      readFileSync(join(root, 'src', file), 'utf8')
        .split('\n')
        .filter((line) => word.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
    expect(knowing).toEqual([])
  })
})
