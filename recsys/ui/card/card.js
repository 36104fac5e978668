// One product large, with its facts and what can be done with it.

const ICONS = {
  close: "M6 6l12 12M18 6L6 18",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
}
const shown = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const card = parentElement.querySelector(".card")
  const last = shown.get(parentElement)
  const act = id => setTriggerValue("acted", id)
  const onPageKey = last?.onPageKey ?? listenToPage(parentElement)
  card.setAttribute("aria-label", data.label)
  card.onkeydown = event => onKey(event, data, act)

  const focused = parentElement.activeElement?.dataset?.action
  card.replaceChildren(
    tools(data, act),
    picture(data, last),
    words(data),
    buttons(data, act),
  )
  const again = focused && card.querySelector(`[data-action="${focused}"]:not([disabled])`)
  if (again) again.focus({ preventScroll: true })
  if (data.id !== last?.id) requestAnimationFrame(() => bringUp(card))
  shown.set(parentElement, { id: data.id, image: data.image, data, act, onPageKey })
  return () => {
    document.removeEventListener("keydown", onPageKey)
    shown.delete(parentElement)
  }
}

// While nothing on the page is focused, keys go to the card that one can page through.
function listenToPage(parentElement) {
  const listener = event => {
    const card = shown.get(parentElement)
    if (event.target !== document.body || !card?.data.actions.some(hasNext)) return
    onKey(event, card.data, card.act)
  }
  document.addEventListener("keydown", listener)
  return listener
}

function hasNext(action) {
  return action.icon === "next"
}

function tools(data, act) {
  const row = element("div", "tools")
  for (const action of data.actions.filter(item => item.icon in ICONS)) {
    const button = actionButton(action, act, "tool")
    button.setAttribute("aria-label", action.label)
    button.title = action.label
    button.append(drawing(ICONS[action.icon]))
    row.append(button)
  }
  row.hidden = !row.children.length
  return row
}

function picture(data, last) {
  const frame = element("div", "picture")
  if (!data.image) return showNothing(frame)
  const image = element("img", "")
  image.alt = data.alt
  image.decoding = "async"
  image.sizes = "(max-width: 640px) 92vw, 480px"
  image.onload = () => frame.classList.add("loaded")
  image.onerror = () => showNothing(frame)
  showThumbnail(image, data.base, data.image, SIDES[1])
  frame.append(image)
  if (last?.image === data.image || image.complete) frame.classList.add("loaded")
  return frame
}

function showNothing(frame) {
  const note = element("span", "")
  note.textContent = "No picture"
  frame.replaceChildren(note)
  frame.classList.add("loaded", "empty")
  return frame
}

function words(data) {
  const holder = element("div", "words")
  const title = element("h2", data.title.length > 90 ? "title long" : "title")
  title.dir = "auto"
  title.textContent = data.title
  holder.append(title)
  if (data.subtitle) {
    const subtitle = element("p", "subtitle")
    subtitle.dir = "auto"
    subtitle.textContent = data.subtitle
    holder.append(subtitle)
  }
  if (data.facts.length) {
    const facts = element("dl", "facts")
    for (const [term, value] of data.facts) {
      const dt = element("dt", "")
      const dd = element("dd", "")
      dd.dir = "auto"
      dt.textContent = term
      dd.textContent = value
      dd.classList.toggle("code", value.length > 24 && !value.includes(" "))
      facts.append(dt, dd)
    }
    holder.append(facts)
  }
  return holder
}

function buttons(data, act) {
  const row = element("div", "actions")
  for (const action of data.actions.filter(item => !(item.icon in ICONS))) {
    const button = actionButton(action, act, "action")
    const text = element("span", "")
    text.textContent = action.label
    text.dir = "auto"
    button.append(text)
    row.append(button)
  }
  row.hidden = !row.children.length
  return row
}

function actionButton(action, act, className) {
  const button = element("button", className)
  button.type = "button"
  button.dataset.action = action.id
  button.disabled = action.disabled
  button.onclick = () => act(action.id)
  return button
}

function onKey(event, data, act) {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  const wanted = { Escape: "close", ArrowLeft: "previous", ArrowRight: "next" }[event.key]
  const action = data.actions.find(item => item.icon === wanted && !item.disabled)
  if (!wanted || !action) return
  event.preventDefault()
  act(action.id)
}

// In a panel that scrolls by itself, the panel is what goes to the top.
function bringUp(card) {
  const inner = scroller(card)
  if (inner) inner.scrollTop = 0
  comeIntoView(card)
}

function scroller(card) {
  let node = card.getRootNode().host
  while (node && node.dataset.testid !== "stMain") {
    const { overflowY } = getComputedStyle(node)
    if (/auto|scroll/.test(overflowY) && node.scrollHeight > node.clientHeight) return node
    node = node.parentElement
  }
  return null
}
