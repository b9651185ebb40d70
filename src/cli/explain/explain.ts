import { styleText } from 'node:util'

import { print } from 'graphql'

import { anonymous, type Viewer } from '../../auth/viewer.ts'
import { findSchemaFolder } from '../../config/load-config.ts'
import { GatewayError } from '../../errors.ts'
import { createDecider } from '../../permissions/decide.ts'
import type { ExplainOptions } from '../explain.ts'
import { readSchema } from '../read-schema.ts'
import { renderTable } from '../table.ts'
import { namesViewer, toViewer } from '../viewer-options.ts'
import { type Answer, explainRead, type Question } from './explain-read.ts'
import { explainFilter, explainSort, explainWrite } from './explain-use.ts'
import { findPlaces, type Place } from './find-places.ts'
import { SourcePlaces } from './source-places.ts'

export function explain(coordinate: string, options: ExplainOptions): void {
  const { document, policies } = readSchema(findSchemaFolder(options))
  const places = findPlaces(coordinate, policies)
  const tenant = options.tenant ?? 'default'
  const viewer = namesViewer(options) ? toViewer(options, tenant) : anonymous(tenant)
  const sources = new SourcePlaces(document)
  if (places.length === 0) throw unknownField(coordinate, sources)
  const decisions = createDecider(policies)(viewer)
  const explained = places.map((place) => explainPlace({ place, viewer, decisions, sources }))
  const declared = {
    coordinate,
    type: sources.typeOf(coordinate),
    directives: sources.directives(coordinate).map(print),
    at: sources.ofCoordinate(coordinate),
  }
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ...declared, viewer: describeViewer(viewer), places: explained })}\n`,
    )
    return
  }
  const heading = [
    `  ${styleText('bold', coordinate)}: ${declared.type ?? ''}  ${styleText('dim', declared.at ?? '')}`,
    ...declared.directives.map((directive) => `    ${directive}`),
    '',
    `  as ${describeViewer(viewer)}`,
  ]
  const blocks = explained.map(({ path, answers }) =>
    [...(places.length > 1 ? ['', `  at ${path}`] : []), '', printAnswers(answers)].join('\n'),
  )
  process.stdout.write(['', ...heading, ...blocks, '', ''].join('\n'))
}

function explainPlace(question: Question): { path: string; answers: Record<string, Answer> } {
  const { place, viewer, sources } = question
  const own: Answer =
    viewer.subject === undefined
      ? {
          answer: 'none',
          because: 'this viewer owns nothing',
          at: sources.ofDirective(place.model.name, 'model'),
        }
      : explainRead(question, true)
  return {
    path: pathOf(place),
    answers: {
      'own rows': own,
      'other rows': explainRead(question, false),
      filter: explainFilter(question),
      sort: explainSort(question),
      create: explainWrite(question, 'create'),
      update: explainWrite(question, 'update'),
    },
  }
}

function pathOf({ model, parents, field }: Place): string {
  return [model.name, ...parents.map(({ name }) => name), field.name].join('.')
}

const colours: Readonly<Record<string, 'green' | 'red' | 'yellow'>> = {
  clear: 'green',
  masked: 'yellow',
  hidden: 'red',
}

function printAnswers(answers: Readonly<Record<string, Answer>>): string {
  const rows = Object.entries(answers).map(([question, { answer, because, at }]) => [
    question,
    colour(answer),
    `${because}  ${styleText('dim', at ?? '')}`,
  ])
  return renderTable(['', 'answer', 'because'], rows)
}

function colour(answer: string): string {
  const found = colours[answer.split(' ', 1)[0] ?? '']
  return found === undefined ? answer : styleText(found, answer)
}

function describeViewer({ kind, id, subject, roles, scopes }: Viewer): string {
  const parts = [
    ...[...roles].map((role) => `role ${role}`),
    ...[...scopes].map((scope) => `scope ${scope}`),
    ...(subject === undefined || subject === id ? [] : [`owner of ${subject}`]),
  ]
  const who =
    kind === 'anonymous' ? 'nobody in particular (no token)' : kind === 'user' ? 'a person' : 'a service'
  return parts.length === 0 ? who : `${who} with ${parts.join(', ')}`
}

function unknownField(coordinate: string, sources: SourcePlaces): GatewayError {
  const [type = ''] = coordinate.split('.')
  const known = sources.ofCoordinate(type) !== undefined
  const message = known
    ? `${type} has no such field that is stored in a model: ${coordinate}. See ${sources.ofCoordinate(type) ?? ''}.`
    : `The schema has no type ${type}.`
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
