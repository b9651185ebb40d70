import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from '@jest/globals'

import { listPapers, readPaper } from '../support/markdown.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The anchors of a paper's headings, as code hosts make them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.match(/^#+ .+$/gm) ?? []
  const plain = headings.map((heading) => heading.replace(/^#+ /, '').toLowerCase())
  return new Set(plain.map((heading) => heading.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')))
}

function isBroken(paper: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? paper : join(dirname(paper), file)
  if (!existsSync(join(root, path))) return true
  return anchor !== undefined && path.endsWith('.md') && !anchorsOf(readPaper(path)).has(anchor)
}

test.each(listPapers())('the links of %s lead somewhere', (paper) => {
  const text = readPaper(paper).replace(/^```.*?^```/gms, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '')
  const relative = targets.filter((target) => !/^[a-z]+:/.test(target))
  expect(relative.filter((target) => isBroken(paper, target))).toEqual([])
})

test('the README leads to every paper of docs', () => {
  const readme = readPaper('README.md')
  const papers = listPapers().filter((paper) => /^docs\/[^/]+\.md$/.test(paper))
  expect(papers.filter((paper) => !readme.includes(`(${paper})`))).toEqual([])
})
