// @ts-check
import { weightedSum } from './account-numbers.mjs'

/** @typedef {import('./random.mjs').Random} Random */

/**
 * Where a customer lives, and how names, streets and numbers are written there. A name is written as people write it; where that is
 * not in Latin letters, the romanised form follows after a slash.
 *
 * @typedef {object} Locale
 * @property {string} country ISO 3166-1 alpha-2
 * @property {'ES' | 'DE' | 'PL'} bankCountry where the bank accounts are: the nearest country here that has IBANs
 * @property {number} medianIncome a year, in the country's currency
 * @property {readonly string[]} givenNames
 * @property {(random: Random) => string} drawSurname one or two family names
 * @property {readonly (readonly [city: string, postalCode: string])[]} cities in the postal code, # is any digit
 * @property {(random: Random) => string} drawStreet
 * @property {(random: Random) => string} drawPhone
 * @property {(random: Random, birthDate: string) => string} drawNationalId with valid check digits, where the country has them
 * @property {readonly string[]} banks made up
 */

/** @param {string} list */
const words = (list) => list.split(' ')

const spanishSurnames = words(
  'García Rodríguez Fernández López Martínez Sánchez Pérez Gómez Muñoz Ibáñez Núñez Peña Ordóñez Etxeberria',
)
const germanSurnames = words(
  'Müller Schmidt Schneider Fischer Weber Schäfer Köhler Krüger Groß Jäger Weiß Böhm Voß Lehmann Özdemir',
)
const americanSurnames = words(
  "Smith Johnson Williams Brown Jones Garcia Miller Davis O'Brien Nguyen Lee Washington Kowalczyk Baker-Hayes",
)
const polishSurnames = words(
  'Nowak Wójcik Kamiński Woźniak Dąbrowski Kozłowski Jankowski Mazur Zając Król Wróbel Żak Łuczak Stępień',
)
const japaneseSurnames = words(
  '佐藤/Sato 鈴木/Suzuki 高橋/Takahashi 田中/Tanaka 渡辺/Watanabe 伊藤/Ito 山本/Yamamoto 中村/Nakamura 小林/Kobayashi 林/Hayashi',
)

/** @type {readonly Locale[]} */
export const locales = [
  {
    country: 'ES',
    bankCountry: 'ES',
    medianIncome: 24_000,
    givenNames: words(
      'María José Lucía Martín Sofía Íñigo Ángel Begoña Andrés Raúl Inés Núria Xabier Álvaro Concepción',
    ),
    drawSurname: (random) => `${random.pick(spanishSurnames)} ${random.pick(spanishSurnames)}`,
    cities: [
      ['Madrid', '280##'],
      ['Barcelona', '080##'],
      ['A Coruña', '150##'],
      ['Cádiz', '110##'],
      ['Bilbao', '480##'],
    ],
    drawStreet: (random) => {
      const street = random.pick([
        'Calle Mayor',
        'Calle de la Peña',
        'Avenida de América',
        'Paseo del Prado',
        'Plaza España',
      ])
      const flat = random.chance(0.6) ? `, ${random.integer(1, 9)}º ${random.pick(words('A B C D'))}` : ''
      return `${street} ${random.integer(1, 180)}${flat}`
    },
    drawPhone: (random) => `+346${random.digits(8)}`,
    drawNationalId: (random) => {
      const number = random.digits(8)
      return number + 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(Number(number) % 23)
    },
    banks: ['Banco Meridiano', 'Caja del Ebro', 'Banca Señorío'],
  },
  {
    country: 'DE',
    bankCountry: 'DE',
    medianIncome: 44_000,
    givenNames: words(
      'Jürgen Käthe Björn Sören Günther Anna Lukas Lena Jörg Zoë Änne Felix Emine Maximilian Übbo',
    ),
    drawSurname: (random) =>
      random.chance(0.1) ? `von ${random.pick(germanSurnames)}` : random.pick(germanSurnames),
    cities: [
      ['Berlin', '10###'],
      ['München', '80###'],
      ['Köln', '50###'],
      ['Düsseldorf', '40###'],
      ['Lübeck', '235##'],
    ],
    drawStreet: (random) => {
      const street = random.pick([
        'Hauptstraße',
        'Goethestr.',
        'Berliner Straße',
        'Ahornweg',
        'Kurt-Schumacher-Allee',
        'Münsterplatz',
      ])
      return `${street} ${random.integer(1, 210)}${random.chance(0.2) ? random.pick(words('a b c')) : ''}`
    },
    // Numbers the regulator keeps for film and fiction.
    drawPhone: (random) => random.pick(['+493023125', '+496990009', '+494066969']) + random.digits(3),
    drawNationalId: (random) => {
      const number = String(random.integer(1, 9)) + random.digits(9)
      // ISO 7064, MOD 11,10.
      const product = Array.from(number, Number).reduce(
        (carry, digit) => (((carry + digit) % 10 || 10) * 2) % 11,
        10,
      )
      return number + String((11 - product) % 10)
    },
    banks: ['Hansebank Lübeck', 'Rheinische Giro', 'Sparverein Süd'],
  },
  {
    country: 'US',
    bankCountry: 'DE',
    medianIncome: 62_000,
    givenNames: words(
      'James Mary Michael Jennifer Zoë René José DeShawn Aaliyah Sean Beyoncé Chloë Noah Olivia Jo',
    ),
    drawSurname: (random) => random.pick(americanSurnames) + (random.chance(0.05) ? ' Jr.' : ''),
    cities: [
      ['Springfield, IL', '627##'],
      ['Boston, MA', '021##'],
      ['San José, CA', '951##'],
      ['Cañon City, CO', '812##'],
      ['Austin, TX', '787##'],
    ],
    drawStreet: (random) => {
      const street = random.pick([
        'Main Street',
        'Oak Ave',
        'N. Lincoln Blvd',
        'Martin Luther King Jr Boulevard',
        'Elm St',
        '5th Avenue',
      ])
      const flat = random.chance(0.4) ? `, Apt ${random.integer(1, 40)}${random.pick(words('A B C'))}` : ''
      return `${random.integer(1, 9999)} ${street}${flat}`
    },
    // 555-0100 to 555-0199 are kept for fiction.
    drawPhone: (random) => `+1${random.pick(words('212 312 415 512 617'))}55501${random.digits(2)}`,
    // Area 666 is never issued.
    drawNationalId: (random) =>
      `666-${String(random.integer(1, 99)).padStart(2, '0')}-${String(random.integer(1, 9999)).padStart(4, '0')}`,
    banks: ['First Prairie Bank', 'Harbor Savings', 'Liberty Credit Union'],
  },
  {
    country: 'PL',
    bankCountry: 'PL',
    medianIncome: 72_000,
    givenNames: words(
      'Łukasz Zofia Grażyna Małgorzata Wojciech Świętosława Jędrzej Paweł Bożena Ewa Kacper Róża Agnieszka Michał',
    ),
    drawSurname: (random) => random.pick(polishSurnames),
    cities: [
      ['Warszawa', '00-###'],
      ['Kraków', '30-###'],
      ['Łódź', '90-###'],
      ['Gdańsk', '80-###'],
      ['Wrocław', '50-###'],
    ],
    drawStreet: (random) => {
      const street = random.pick([
        'ul. Marszałkowska',
        'ul. Świętokrzyska',
        'al. Jerozolimskie',
        'ul. Długa',
        'pl. Wolności',
      ])
      return `${street} ${random.integer(1, 140)}${random.chance(0.6) ? `/${random.integer(1, 60)}` : ''}`
    },
    drawPhone: (random) => `+48${random.pick(words('50 60 66 69 72 78 88'))}${random.digits(7)}`,
    drawNationalId: (random, birthDate) => {
      const [year = '', month = '', day = ''] = birthDate.split('-')
      // Births from 2000 on have 20 added to the month.
      const monthOfCentury = String(Number(month) + (year < '2000' ? 0 : 20)).padStart(2, '0')
      const number = year.slice(2) + monthOfCentury + day + random.digits(4)
      return number + String((10 - (weightedSum(number, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10)
    },
    banks: ['Bank Bałtycki', 'Spółdzielnia Wisła', 'Kredyt Śląski'],
  },
  {
    country: 'JP',
    bankCountry: 'DE',
    medianIncome: 4_300_000,
    givenNames: words(
      '太郎/Taro 花子/Hanako 翔太/Shota さくら/Sakura 健一/Kenichi 陽菜/Hina 蓮/Ren 美咲/Misaki 大輔/Daisuke 結衣/Yui',
    ),
    drawSurname: (random) => random.pick(japaneseSurnames),
    cities: [
      ['東京都千代田区', '100-00##'],
      ['大阪市北区', '530-00##'],
      ['札幌市中央区', '060-00##'],
      ['横浜市中区', '231-00##'],
    ],
    drawStreet: (random) => {
      const block = [random.integer(1, 9), random.integer(1, 30), random.integer(1, 20)].join('-')
      return `${random.pick(['丸の内', '本町', '中央', '桜木町'])}${block}${random.chance(0.4) ? ` ${random.integer(101, 1204)}号室` : ''}`
    },
    drawPhone: (random) => `+81${random.pick(words('70 80 90'))}${random.digits(8)}`,
    drawNationalId: (random) => {
      const number = random.digits(11)
      const remainder = weightedSum(number, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11
      return number + String(remainder <= 1 ? 0 : 11 - remainder)
    },
    banks: ['みなと銀行座', '東雲信用金庫', '北星バンク'],
  },
]
