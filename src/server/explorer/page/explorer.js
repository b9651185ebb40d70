// @ts-check
// Runs in the browser, after GraphiQL: opens the ready-made tabs and says above them who asks in each.
;(() => {
  const settings = JSON.parse(document.getElementById('settings').textContent)
  const { endpoint, files, title, tabs, generation } = settings
  const band = document.querySelector('.viewers')
  const description = document.querySelector('.viewer-description')

  // A link could bring a query along, to be run with one of the ready tokens by one click.
  if (location.search !== '') history.replaceState(null, '', location.pathname)

  /**
   * GraphiQL keeps its tabs here. Only this browser tab sees them, and only until the server starts with other tokens;
   * the theme alone is for good.
   */
  const prefix = `explorer:${generation}:`
  const placeOf = (/** @type {string} */ key) =>
    key === 'graphiql:theme'
      ? { store: localStorage, name: key }
      : { store: sessionStorage, name: prefix + key }
  const ownKeys = () => Object.keys(sessionStorage).filter((name) => name.startsWith('explorer:'))
  const storage = {
    getItem: (key) => placeOf(key).store.getItem(placeOf(key).name),
    setItem: (key, value) => placeOf(key).store.setItem(placeOf(key).name, value),
    removeItem: (key) => placeOf(key).store.removeItem(placeOf(key).name),
    clear: () => ownKeys().forEach((name) => sessionStorage.removeItem(name)),
    get length() {
      return ownKeys().length
    },
  }
  for (const name of ownKeys()) if (!name.startsWith(prefix)) sessionStorage.removeItem(name)

  const authorizationOf = ({ headers }) => {
    try {
      const entries = Object.entries(JSON.parse(headers || '{}'))
      return entries.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
    } catch {
      return undefined
    }
  }

  /** What GraphiQL has open, in the order it shows it. */
  const kept = JSON.parse(storage.getItem('graphiql:tabs') ?? 'null')
  let open = kept ?? { tabs, activeTabIndex: 0 }

  /** Where `list` has the tab that asks the same as `tab`, or at least for the same viewer. */
  const indexOfSame = (list, tab) => {
    const sameViewer = (other) => authorizationOf(other) === authorizationOf(tab)
    const index = list.findIndex((other) => sameViewer(other) && other.query === tab.query)
    return index >= 0 ? index : list.findIndex(sameViewer)
  }

  const notice = description.textContent
  // The hint in the empty answer speaks of the viewers above, of whom there are none then.
  if (notice !== '') document.body.classList.add('asked')
  const pills = (notice === '' ? tabs : []).map((tab) => {
    const pill = document.createElement('button')
    pill.type = 'button'
    pill.className = 'viewer'
    pill.textContent = tab.name
    pill.title = tab.description ?? ''
    pill.addEventListener('click', () => {
      document.querySelectorAll('.graphiql-tab-button')[indexOfSame(open.tabs, tab)]?.click()
    })
    band.append(pill)
    return pill
  })

  const showViewer = () => {
    if (notice !== '') return
    const shown = open.tabs[open.activeTabIndex] ?? {}
    const active = indexOfSame(tabs, shown)
    pills.forEach((pill, index) => pill.setAttribute('aria-pressed', String(index === active)))
    const stranger =
      authorizationOf(shown) === undefined ? 'Without a token: anonymous.' : 'With a token of your own.'
    description.textContent = active >= 0 ? (tabs[active].description ?? '') : stranger
  }

  document.querySelector('.start-over').addEventListener('click', () => {
    storage.clear()
    // GraphiQL saves its tabs half a second after a change; what it saves from now on is to be forgotten too.
    addEventListener('pagehide', storage.clear)
    location.reload()
  })

  const workers = {
    editorWorkerService: 'editor-worker.js',
    json: 'json-worker.js',
    graphql: 'graphql-worker.js',
  }
  globalThis.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_, label) => new URL(`${files}/${workers[label]}`, location.href).href,
  }

  /** Sends the text as it stands in the editor, so that the lines of an error are those one sees. */
  const send = async ({ query, variables, operationName }, { headers } = {}) => {
    // Right after a change of tabs GraphiQL still names the operation of the tab before.
    const operation = query.includes(operationName) ? { operationName } : {}
    if (operationName !== 'IntrospectionQuery') document.body.classList.add('asked')
    try {
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json, application/json',
          'content-type': 'application/json',
          ...headers,
        },
        body: JSON.stringify({ query, variables, ...operation }),
      })
      const { data, ...others } = await answer.json()
      // What was answered is to be seen before what was not, of which there may be an error for each row.
      return data === undefined ? others : { data, ...others }
    } catch {
      return { errors: [{ message: 'The gateway did not answer. Is it still running?' }] }
    }
  }

  document.title = title
  globalThis.YogaGraphiQL.renderYogaGraphiQL(document.getElementById('graphiql'), {
    fetcher: send,
    title: '',
    logo: '',
    storage,
    defaultTabs: tabs,
    // GraphiQL takes these of the active tab from storage, and where there is none, not from the tab.
    ...(kept === null ? { initialHeaders: tabs[0]?.headers, initialVariables: tabs[0]?.variables } : {}),
    shouldPersistHeaders: true,
    // GraphiQL's wrapper would copy every edit, literals included, into the address and so into the history.
    onEditQuery: () => undefined,
    onTabChange: (state) => {
      open = state
      showViewer()
    },
  })
  showViewer()
})()
