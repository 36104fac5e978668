// A search field that sends its text while one types.

const PAUSE_MS = 180
const PATIENCE_MS = 4000
const boxes = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let box = boxes.get(parentElement)
  if (!box) {
    box = build(parentElement.querySelector(".search"))
    boxes.set(parentElement, box)
    box.input.value = data.value
    box.sent = data.value
  }
  box.data = data
  box.send = text => setTriggerValue("typed", { text })
  box.input.maxLength = data.limit
  box.input.placeholder = data.label
  box.input.setAttribute("aria-label", data.label)
  receive(box)
  return () => {
    clearTimeout(box.timer)
    boxes.delete(parentElement)
  }
}

function build(holder) {
  const input = element("input", "field")
  input.type = "search"
  input.autocomplete = "off"
  input.spellcheck = false
  input.enterKeyHint = "search"
  input.dir = "auto"
  const clear = element("button", "clear", drawing("M6 6l12 12M18 6L6 18"))
  clear.type = "button"
  clear.setAttribute("aria-label", "Clear search")
  const glass = drawing("M15.5 15.5L21 21M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z")
  glass.classList.add("glass")
  holder.replaceChildren(glass, input, clear)
  const box = { input, clear, timer: 0, sentAt: 0, waiting: false, more: false, going: false }

  input.addEventListener("input", () => later(box, PAUSE_MS))
  input.addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.isComposing) commit(box)
    if (event.key !== "Escape" || !input.value) return
    event.preventDefault()
    input.value = ""
    commit(box)
  })
  input.addEventListener("blur", () => {
    commit(box)
    box.going = false // the next search is a step of its own
  })
  clear.onclick = () => {
    input.value = ""
    input.focus()
    commit(box)
  }
  return box
}

function later(box, pause) {
  box.clear.hidden = !box.input.value
  clearTimeout(box.timer)
  box.timer = setTimeout(() => commit(box), pause)
}

function commit(box) {
  clearTimeout(box.timer)
  box.clear.hidden = !box.input.value
  const text = box.input.value.trim().replace(/\s+/g, " ")
  if (text === box.sent) return
  if (box.waiting && Date.now() - box.sentAt < PATIENCE_MS) {
    box.more = true
    return
  }
  write(box, text)
  box.sent = text
  box.sentAt = Date.now()
  box.waiting = true
  box.send(text)
}

// The address is written here, once for a search however long one types. The server then
// finds it as it would have written it and adds no step to the history.
function write(box, text) {
  const parts = location.search
    .slice(1)
    .split("&")
    .filter(part => part && !box.data.dropped.includes(part.split("=")[0]))
  const at = parts.findIndex(part => part.split("=")[0] === box.data.parameter)
  const part = `${box.data.parameter}=${quoted(text)}`
  if (text) parts.splice(at < 0 ? parts.length : at, at < 0 ? 0 : 1, part)
  else if (at >= 0) parts.splice(at, 1)
  const address = location.pathname + (parts.length ? `?${parts.join("&")}` : "")
  if (box.going) history.replaceState({}, "", address)
  else history.pushState({}, "", address)
  box.going = true
}

function quoted(text) {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
}

function receive(box) {
  const { value } = box.data
  if (value === box.sent) {
    box.waiting = false // the answer to what was sent; more may stand there by now
    if (box.more) {
      box.more = false
      later(box, 0)
    }
  } else if (!box.waiting || Date.now() - box.sentAt >= PATIENCE_MS) {
    // changed elsewhere: Back, Forward, a filter taken away
    clearTimeout(box.timer)
    box.input.value = value
    box.sent = value
    box.waiting = box.more = box.going = false
  }
  box.clear.hidden = !box.input.value
}
