import { readGraphemes } from '../graphemes.ts'
import { createTextMask } from '../text-mask.ts'

/** Words for a street that end its name: `12 Main Street`. */
const endingWords = [
  'street st road rd lane ln drive dr court ct terrace crescent close way square sq row mews',
  'parkway pkwy highway hwy grove gardens walk circle cir trail quay hill green',
]
/** Words for a street that end or begin its name: `12 Park Avenue`, `12 avenue Foch`. */
const endingOrBeginningWords = ['avenue ave av. boulevard blvd bd bvd place']
/** Words for a street that begin its name (`Calle Mayor 5`) or stand before the number (`Berliner Straße 5`). */
const beginningWords = [
  'calle c/ avenida avda avd plaza pza paseo camino carretera ronda travesía carrer avinguda plaça passeig rúa',
  'rue chemin allée allees cours impasse quai via viale piazza piazzale corso vicolo largo rua travessa praça estrada',
  'straße strasse str weg platz allee gasse ring damm ufer chaussee straat laan plein gracht gatan vägen gade vej gata',
  'ulica ul aleja aleje al. plac pl. osiedle os. ulice náměstí улица ул проспект',
]
/** Written together with the name and followed by the number: `Hauptstraße 12`, `Kalverstraat 92`. */
const compoundStreet =
  /..(?:straße|strasse|str|gasse|weg|platz|allee|damm|ufer|straat|laan|plein|gracht|gatan|vägen|gade|vej|gata)$/u
/** Words for a part of a building: what follows is never shown. */
const unitWords = [
  'flat apartment apt unit suite ste room rm floor fl level building bldg block tower house lot po box',
  'piso puerta escalera esc bajo ático portal bloque local apartado planta étage etage bât bâtiment appartement appt esc porte',
  'wohnung whg stock stiege top haus hinterhaus postfach mieszkanie lok lokal klatka piętro int interno scala piano andar bloco',
]
/** Words that say a number follows, which are passed over: they part neither name nor number. */
const numberWords = ['no nr num número numero numéro n° nº № bis ter quater s/n']

type WordClass = 'E' | 'B' | 'T' | 'C' | 'N' | 'W' | 'X'

const wordClasses = new Map<string, WordClass | undefined>([
  ...readList(endingWords, 'E'),
  ...readList(endingOrBeginningWords, 'B'),
  ...readList(beginningWords, 'T'),
  ...readList(unitWords, 'X'),
  ...readList(numberWords, undefined),
])

/**
 * How a street is written, over one letter for each word of a part: a number (N), a word for a street that ends its name (E),
 * begins it (T) or either (B), a compound (C), a plain word (W), and what stops reading (X). Group 1 is what is shown. The
 * first that fits counts: number first, as in English and French, before number last.
 */
const streetForms = [
  /N([WEBT]{1,4}?[EB])/,
  /N([BT]W{1,5})/,
  /(C)N/,
  /^([BT]W{1,5})N/,
  /(W[BT])N/,
  /([BT]W{1,5})N/,
]

/**
 * `*** Main Street`: the street, without number, flat, building, postal code, town and country.
 *
 * Reveals at most six words, of letters alone, around a word for a street (English, German, Dutch, Nordic, Romance and Slavic
 * ones are known), and only where the same line and comma part has its number, or the number follows as a part of its own.
 * The number is asked for because it tells a street from a person of that name (`Nathan Lane`). Words with any digit, single
 * and paired capital letters, and words for a flat or building are never shown. Two things cannot be told apart, and show: a
 * town written directly after a French street, and a person with such a surname written directly before a number.
 *
 * The fallback for everything else: post-office boxes, house names, numbers in words, addresses in other scripts and orders.
 */
export const address = createTextMask({
  version: 1,
  reveals: 'The street, in at most six words, without numbers.',
  examples: [
    { value: '123 Main Street, Apt 4B, Springfield, IL 62704', masked: '*** Main Street' },
    { value: 'Calle Mayor 5, 3º B, 28013 Madrid', masked: '*** Calle Mayor' },
  ],
  show: (text) => {
    for (const part of readParts(text)) {
      const street = readStreet(part)
      if (street !== undefined) return `*** ${street}`
    }
    return undefined
  },
})

/** Lines, and their parts between commas; a number alone in a part (`Via Roma, 12`) belongs to the part before it. */
function readParts(text: string): string[] {
  return text
    .replaceAll(/,[^\S\r\n]*(?=\p{N}{1,4}[^\S\r\n]*\p{L}?(?:[,;\r\n]|$))/gu, ' ')
    .split(/[,;\p{Cc}\p{Zl}\p{Zp}]+/u)
}

function readStreet(part: string): string | undefined {
  const words = part
    .replace(/\bc\/ *(?!o\b)/i, 'c/ ')
    .split(/\s+/u)
    .filter(Boolean)
  const classed = words.map((word) => ({ word, wordClass: classify(word) }))
  const read = classed.filter(({ wordClass }) => wordClass !== undefined)
  const classes = read.map(({ wordClass }) => wordClass).join('')
  for (const form of streetForms) {
    const match = form.exec(classes)
    const shown = match?.[1]
    if (match === null || shown === undefined) continue
    const start = match.index + match[0].indexOf(shown)
    return read
      .slice(start, start + shown.length)
      .map(({ word }) => word)
      .join(' ')
  }
  return undefined
}

/** Undefined for words that are passed over. */
function classify(word: string): WordClass | undefined {
  if (/\p{N}/u.test(word)) return 'N'
  const lower = word.toLowerCase()
  const bare = lower.replace(/\.$/, '')
  const known = [lower, bare].find((listed) => wordClasses.has(listed))
  if (known !== undefined) return wordClasses.get(known)
  if (!/^[\p{L}\p{M}]+(?:['’.-][\p{L}\p{M}]+)*\.?$/u.test(word) || word.length > 30) return 'X'
  if (readGraphemes(word).length < 2 || /^\p{Lu}{2}\.?$/u.test(word)) return undefined
  return compoundStreet.test(bare) ? 'C' : 'W'
}

function readList(lines: readonly string[], wordClass: WordClass | undefined) {
  return lines.flatMap((line) => line.split(' ')).map((word) => [word, wordClass] as const)
}
