import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openChromium } from './chromium.ts'
import { exampleTabs, startExampleServer } from './example-server.ts'
import type { ExampleServer } from './example-server.ts'

/** All that went wrong in a page, or tried to leave this machine. A violated content security policy is a console error. */
interface Incidents {
  readonly outside: string[]
  readonly failed: string[]
  readonly console: string[]
}

let browser: Browser
let server: ExampleServer
let context: BrowserContext
let page: Page
let incidents: Incidents

beforeAll(async () => {
  ;[browser, server] = await Promise.all([openChromium(), startExampleServer('graphiql')])
})
afterAll(async () => {
  await browser.close()
  await server.app.close()
})
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  incidents = await watch(context)
  page = await context.newPage()
})
afterEach(async () => {
  await context.close()
})

const watch = async (watched: BrowserContext): Promise<Incidents> => {
  const seen: Incidents = { outside: [], failed: [], console: [] }
  await watched.route('**/*', (route) => {
    const url = route.request().url()
    if (new URL(url).hostname === '127.0.0.1') return route.continue()
    seen.outside.push(url)
    return route.abort()
  })
  watched.on('requestfailed', (request) => {
    const { errorText = '' } = request.failure() ?? {}
    // A reload ends what the page was still loading; that is no failure.
    if (errorText !== 'net::ERR_ABORTED') seen.failed.push(`${errorText} ${request.url()}`)
  })
  watched.on('response', (response) => {
    if (response.status() >= 400) seen.failed.push(`${response.status()} ${response.url()}`)
  })
  watched.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.console.push(message.text())
  })
  watched.on('weberror', (error) => seen.console.push(error.error().message))
  return seen
}

const nothingWentWrong = (): void => {
  expect(incidents).toEqual({ outside: [], failed: [], console: [] })
}

const editor = (): ReturnType<Page['locator']> => page.locator('.graphiql-query-editor .view-lines')

const open = async (url = server.url): Promise<void> => {
  await page.goto(url)
  await editor().getByText('customers').first().waitFor()
}

const choose = (viewer: string): Promise<void> =>
  page.getByRole('navigation').getByRole('button', { name: viewer, exact: true }).click()

const run = async (): Promise<string> => {
  const answered = page.waitForResponse(
    (response) => response.request().postData()?.includes('query As') === true,
  )
  await page.locator('.graphiql-execute-button').click()
  return (await answered).text()
}

const append = async (text: string): Promise<void> => {
  await editor().click()
  await page.keyboard.press('Control+End')
  await page.keyboard.insertText(text)
}

const keptIn = (store: 'sessionStorage' | 'localStorage'): Promise<string> =>
  page.evaluate<string>(`JSON.stringify({ ...${store} })`)

/** GraphiQL writes what it keeps half a second after a change. */
const untilKept = async (text: string): Promise<void> => {
  while (!(await keptIn('sessionStorage')).includes(text)) await page.waitForTimeout(50)
}

describe('in a browser that reaches this machine alone', () => {
  test('the same query is seen clear, masked and denied, in tabs named after who asks', async () => {
    await open()
    expect(await page.locator('.graphiql-tab-button').allTextContents()).toEqual([
      'AsAdministrator',
      'AsSupportAgent',
      'AsAnalyst',
    ])
    expect(await run()).toContain('person1@example.com')
    await choose('Support agent')
    expect(await run()).toContain('p***@example.com')
    await choose('Analyst')
    expect(await run()).toContain('FORBIDDEN')
    expect(server.asked.slice(-3)).toEqual(['Bearer administrator-1', 'Bearer support-1', 'Bearer analyst-1'])
    await page.locator('.graphiql-response').getByText('FORBIDDEN').first().waitFor()
    nothingWentWrong()
  })

  test('the band says who asks in the tab that is open', async () => {
    await open()
    const chosen = page.locator('.viewer[aria-pressed="true"]')
    expect(await chosen.allTextContents()).toEqual(['Administrator'])
    await page.locator('.graphiql-tab-button', { hasText: 'AsAnalyst' }).click()
    await page.getByText('Sees no e-mail address').waitFor()
    expect(await chosen.allTextContents()).toEqual(['Analyst'])
    await page.getByRole('button', { name: 'New tab' }).click()
    await page.getByText('Without a token: anonymous.').waitFor()
    expect(await chosen.count()).toBe(0)
    nothingWentWrong()
  })

  test('the schema is read by introspection, shown, and used to check what is typed', async () => {
    await open()
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).first().click()
    await page.locator('.graphiql-doc-explorer').getByText('customers').waitFor()
    await append('\nquery Mistaken { customer }')
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor()
    nothingWentWrong()
  })

  test.each(['light', 'dark'] as const)('the page is drawn for a %s screen', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await open()
    const color = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const [red = 0] = (color.match(/\d+/g) ?? []).map(Number)
    expect(red > 128 ? 'light' : 'dark').toBe(colorScheme)
    nothingWentWrong()
  })

  test('what was answered is shown before what was not', async () => {
    await open()
    await choose('Analyst')
    const answer = JSON.parse(await run()) as Record<string, unknown>
    expect(Object.keys(answer)).toEqual(['errors', 'data'])
    await page.locator('.graphiql-response').getByText('FORBIDDEN').first().waitFor()
    const shown = await page.locator('.graphiql-response').innerText()
    expect(shown.indexOf('"data"')).toBeGreaterThan(-1)
    expect(shown.indexOf('"data"')).toBeLessThan(shown.indexOf('"errors"'))
    nothingWentWrong()
  })

  test.each([
    [1280, 800],
    [400, 800],
  ])('question and answer have room, and nothing is beside the page, at %p by %p', async (width, height) => {
    await page.setViewportSize({ width, height })
    await open()
    const [wide = 0, high = 0] = JSON.parse(
      await page.evaluate<string>(
        'JSON.stringify([document.documentElement.scrollWidth, document.documentElement.scrollHeight])',
      ),
    ) as number[]
    expect(wide).toBe(width)
    // A wide page is one screen; a narrow one scrolls.
    if (width > 700) expect(high).toBe(height)
    for (const part of ['.graphiql-query-editor', '.graphiql-response'])
      expect((await page.locator(part).boundingBox())?.width).toBeGreaterThan(280)
    nothingWentWrong()
  })

  test('edits outlive a reload of the page, and are forgotten by starting over', async () => {
    await open()
    await append('\n# A note of mine.')
    await untilKept('of mine')
    await page.reload()
    await editor().getByText('A note of mine.').waitFor()
    await page.getByRole('button', { name: 'Start over' }).click()
    await page.waitForLoadState()
    await editor().getByText('customers').first().waitFor()
    expect(await editor().getByText('A note of mine.').count()).toBe(0)
    expect(await run()).toContain('person1@example.com')
    nothingWentWrong()
  })

  test('what the browser kept from an earlier start does not hide the tokens of this one', async () => {
    const earlier = await startExampleServer('graphiql')
    await open(earlier.url)
    await append('\n# A note of mine.')
    await untilKept('of mine')
    await earlier.app.close()
    const later = await startExampleServer('graphiql', exampleTabs(2), Number(new URL(earlier.url).port))
    try {
      await open(later.url)
      expect(await page.locator('.graphiql-tab-button').count()).toBe(3)
      expect(await run()).toContain('person1@example.com')
      expect(later.asked.at(-1)).toBe('Bearer administrator-2')
      await untilKept('administrator-2')
      expect(await keptIn('sessionStorage')).not.toContain('administrator-1')
    } finally {
      await later.app.close()
    }
    nothingWentWrong()
  })

  test('a link brings no query along, and none reaches the address', async () => {
    await open(
      `${server.url}?query=${encodeURIComponent('query AsAdministrator { customers { id } } # planted')}`,
    )
    expect(await editor().getByText('planted').count()).toBe(0)
    await append('\n# 4111111111111111')
    await editor().getByText('4111111111111111').waitFor()
    await untilKept('41111')
    expect(page.url()).toBe(server.url)
    nothingWentWrong()
  })

  test('no token is kept after the tab is closed', async () => {
    await open()
    await untilKept('Bearer')
    expect(await keptIn('localStorage')).not.toContain('Bearer')
    nothingWentWrong()
  })

  test('a gateway that has stopped is said to have stopped', async () => {
    const stopping = await startExampleServer('graphiql')
    await open(stopping.url)
    await stopping.app.close()
    await page.locator('.graphiql-execute-button').click()
    await page.locator('.graphiql-response').getByText('The gateway did not answer.').waitFor()
    expect(incidents.outside).toEqual([])
  })
})
