const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Below the first combining mark, every letter is a cluster of its own; segmenting costs ten times as much. */
const oneEach = /^[\0-\u02ff]*$/

/** A cluster of more code points can carry a message in its marks, so it is never shown. */
const mostCodePoints = 4

/** Scripts in which one character is a syllable or a word: the first of a name is often the whole surname. */
const syllabicScript =
  /[\p{scx=Han}\p{scx=Hangul}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Yi}\p{scx=Ethiopic}]/u

/**
 * The user-perceived characters (UAX 29 extended grapheme clusters) of a text that hold a letter or a number. Spaces,
 * punctuation, emoji and invisible characters are left out: padding a short value with them must not make it count as long.
 */
export function readGraphemes(text: string): string[] {
  if (oneEach.test(text)) return text.match(/[\p{L}\p{N}]/gu) ?? []
  return Array.from(segmenter.segment(text), ({ segment }) => segment).filter((grapheme) =>
    /[\p{L}\p{N}]/u.test(grapheme),
  )
}

/** Whether showing this grapheme shows about one character's worth. */
export function isShowable(grapheme: string): boolean {
  return Array.from(grapheme).length <= mostCodePoints
}

/**
 * The first letter or digit of a word, or an empty text when the word has fewer than three of them, or is written in a
 * script where a first character tells more than an initial.
 */
export function readInitial(word: string): string {
  const graphemes = readGraphemes(word)
  const [first] = graphemes
  if (first === undefined || graphemes.length < 3) return ''
  return isShowable(first) && !syllabicScript.test(first) ? first : ''
}
