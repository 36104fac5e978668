// The tree of categories and the range of prices.

const PAUSE_MS = 500
const parts = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".facets")
  let part = parts.get(parentElement)
  if (!part) {
    part = build(root)
    parts.set(parentElement, part)
  }
  part.pick = path => setTriggerValue("picked", { path })
  part.price = range => setTriggerValue("priced", range)
  part.count.textContent = data.active ? String(data.active) : ""
  part.count.hidden = !data.active
  part.toggle.setAttribute(
    "aria-label",
    data.active ? `Filters, ${data.active} set` : "Filters",
  )
  showTree(part, data, parentElement)
  showPrices(part, data, parentElement)
  return () => {
    clearTimeout(part.timer)
    parts.delete(parentElement)
  }
}

function build(root) {
  root.setAttribute("aria-label", "Filters")
  const count = element("span", "count")
  const icon = drawing("M4 7h16M7 12h10M10 17h4")
  const toggle = element("button", "action toggle", icon, element("span", "", "Filters"), count)
  const list = element("ul", "tree")
  const prices = element("fieldset", "prices", element("legend", "", "Price"))
  const body = element("div", "body", element("h2", "heading", "Categories"), list, prices)
  toggle.type = "button"
  toggle.setAttribute("aria-expanded", "false")
  toggle.onclick = () => {
    const open = toggle.getAttribute("aria-expanded") !== "true"
    toggle.setAttribute("aria-expanded", String(open))
    body.classList.toggle("open", open)
  }
  list.setAttribute("role", "list")
  list.setAttribute("aria-label", "Categories")
  const part = { toggle, body, list, prices, count, lines: new Map(), current: null, timer: 0 }
  part.low = field("Lowest price", part)
  part.high = field("Highest price", part)
  prices.append(part.low, element("span", "dash", "to"), part.high)
  root.replaceChildren(toggle, body)
  list.addEventListener("keydown", event => onKey(event, part))
  return part
}

function showTree(part, data, root) {
  const focused = root.activeElement?.dataset?.path
  part.list.replaceChildren(
    ...data.tree.map(item => {
      const row = element("li", "row")
      let button = part.lines.get(item.path)
      if (!button) {
        button = line()
        part.lines.set(item.path, button)
      }
      button.dataset.path = item.path
      button.style.setProperty("--depth", item.depth)
      button.onclick = () => part.pick(item.path)
      button.setAttribute("aria-label", `${item.label}, ${item.count}`)
      if (item.path === data.selected) button.setAttribute("aria-current", "true")
      else button.removeAttribute("aria-current")
      button.children[0].textContent = item.label
      button.children[1].textContent = item.count
      row.append(button)
      return row
    }),
  )
  const wanted = new Set(data.tree.map(item => item.path))
  for (const path of part.lines.keys()) if (!wanted.has(path)) part.lines.delete(path)
  if (!wanted.has(part.current)) part.current = data.selected
  for (const [path, button] of part.lines) button.tabIndex = path === part.current ? 0 : -1
  if (focused !== undefined && part.lines.has(focused)) {
    part.lines.get(focused).focus({ preventScroll: true }) // it was moved, and lost it
  }
}

function line() {
  const { label, number } = spans("label", "number")
  const button = element("button", "line", label, number)
  button.type = "button"
  label.dir = "auto"
  return button
}

function onKey(event, part) {
  const all = [...part.list.querySelectorAll(".line")]
  const next = keyLeadsTo(event, all, all.indexOf(event.target))
  if (!next) return
  part.current = next.dataset.path
  for (const other of all) other.tabIndex = other === next ? 0 : -1
  next.focus()
}

function showPrices(part, data, root) {
  part.prices.hidden = !data.prices
  if (!data.prices) return
  const { least, most, low, high } = data.prices
  part.low.placeholder = least
  part.high.placeholder = most
  for (const [input, value] of [[part.low, low], [part.high, high]]) {
    // what is being typed stays as it is
    if (root.activeElement !== input || input.dataset.known !== value) {
      if (root.activeElement !== input || Number(input.value) !== Number(value)) input.value = value
    }
    input.dataset.known = value
  }
}

function field(label, part) {
  const input = element("input", "field price")
  input.type = "text"
  input.inputMode = "decimal"
  input.autocomplete = "off"
  input.maxLength = 12
  input.setAttribute("aria-label", label)
  input.oninput = () => {
    clearTimeout(part.timer)
    part.timer = setTimeout(() => sendPrices(part), PAUSE_MS)
  }
  input.onchange = () => sendPrices(part)
  return input
}

function sendPrices(part) {
  clearTimeout(part.timer)
  const range = [part.low.value, part.high.value].map(text => text.trim().replace(",", "."))
  const known = [part.low.dataset.known, part.high.dataset.known]
  if (range.join(" ") !== known.join(" ")) part.price(range)
}
