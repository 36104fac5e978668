// A table of runs to sort, tick and open.
//
// The function runs again on every rerun, so it reconciles: a row that stays keeps its elements,
// and with them its focus.

const PATIENCE_MS = 4000
const tables = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const holder = parentElement.querySelector(".runs")
  let table = tables.get(parentElement)
  if (!table) {
    table = build(holder)
    tables.set(parentElement, table)
  }
  table.send = setTriggerValue
  update(table, data, parentElement)
  return () => tables.delete(parentElement)
}

function build(holder) {
  const says = element("p", "says")
  says.setAttribute("role", "status")
  const order = element("label", "order")
  const orderName = element("span", "")
  orderName.textContent = "Order"
  const orders = element("select", "")
  order.append(orderName, orders)
  const top = element("div", "top")
  top.append(says, order)

  // Laid out as cards, a table would lose its meaning: hence the roles that it has anyway.
  const grid = named("table", "table")
  const caption = element("caption", "unseen")
  caption.textContent = "Training runs"
  const head = named("thead", "rowgroup")
  const titles = named("tr", "row")
  head.append(titles)
  const body = named("tbody", "rowgroup")
  grid.append(caption, head, body)

  const bar = element("div", "bar")
  bar.setAttribute("role", "group")
  bar.setAttribute("aria-label", "Runs that are ticked")
  const count = element("span", "count")
  count.setAttribute("role", "status")
  const clear = action("Clear", "quiet")
  const compare = action("", "primary")
  bar.append(count, clear, compare)
  holder.replaceChildren(top, grid, bar)

  const table = {
    holder, says, orders, titles, body, bar, count, clear, compare,
    rows: new Map(), ticked: [], sent: null, sentAt: 0, written: "", writtenOrders: "",
  }
  orders.onchange = () => table.send("ordered", orders.value)
  clear.onclick = () => {
    tick(table, [])
    table.body.querySelector("input")?.focus()
  }
  compare.onclick = () => table.send("compared", { ids: table.ticked })
  return table
}

function update(table, data, root) {
  table.data = data
  const focused = table.holder.contains(root.activeElement) ? root.activeElement : null
  const focusedRow = focused?.closest("tbody tr")
  const at = focusedRow ? [...table.body.children].indexOf(focusedRow) : -1
  if (table.says.textContent !== data.says) table.says.textContent = data.says
  fillOrders(table, data)
  fillTitles(table, data)
  fillRows(table, data)
  if (focusedRow && root.activeElement !== focused && table.body.children.length) {
    // moved, or gone: then the one that took its place
    const row = focusedRow.isConnected
      ? focusedRow
      : table.body.children[Math.min(at, table.body.children.length - 1)]
    const again = focusedRow.isConnected ? focused : row.querySelector(focused.tagName.toLowerCase())
    again?.focus({ preventScroll: true })
  }
  receiveTicks(table, data)
  showTicks(table)
}

function fillOrders(table, data) {
  const written = JSON.stringify(data.orders)
  if (table.writtenOrders !== written) {
    table.writtenOrders = written
    table.orders.replaceChildren(
      ...data.orders.map(([value, words]) => {
        const option = element("option", "")
        option.value = value
        option.textContent = words
        return option
      }),
    )
  }
  table.orders.value = data.order
}

function fillTitles(table, data) {
  const written = JSON.stringify(data.columns)
  if (table.written !== written) {
    table.written = written
    const chosen = named("th", "columnheader", "tick")
    chosen.scope = "col"
    const words = element("span", "unseen")
    words.textContent = "Compare"
    chosen.append(words)
    table.titles.replaceChildren(chosen, ...data.columns.map(column => title(table, column)))
  }
  for (const [number, column] of data.columns.entries()) {
    const cell = table.titles.children[number + 1]
    const way = column.sorts.indexOf(data.order)
    const falls = way === 0 ? column.falls : !column.falls
    if (way < 0) cell.removeAttribute("aria-sort")
    else cell.setAttribute("aria-sort", falls ? "descending" : "ascending")
    cell.querySelector(".arrow").textContent = way < 0 ? "" : falls ? "↓" : "↑"
  }
}

function title(table, column) {
  const cell = named("th", "columnheader", column.isFigure ? "figure" : "")
  cell.scope = "col"
  const button = element("button", "sort")
  button.type = "button"
  if (column.means) button.title = column.means
  const words = element("span", "")
  words.textContent = column.title
  const arrow = element("span", "arrow")
  arrow.setAttribute("aria-hidden", "true")
  button.append(words, arrow)
  button.onclick = () => {
    const [first, other] = column.sorts
    table.send("ordered", table.data.order === first ? other : first)
  }
  cell.append(button)
  return cell
}

// rows

function fillRows(table, data) {
  const wanted = new Set(data.rows.map(row => row.id))
  for (const [id, row] of table.rows) {
    if (!wanted.has(id)) {
      row.line.remove()
      table.rows.delete(id)
    }
  }
  let before = table.body.firstElementChild
  for (const item of data.rows) {
    let row = table.rows.get(item.id)
    if (!row) {
      row = makeRow(table, item)
      table.rows.set(item.id, row)
    }
    fillRow(row, item, data)
    if (row.line === before) before = before.nextElementSibling
    else table.body.insertBefore(row.line, before)
  }
}

function makeRow(table, item) {
  const line = named("tr", "row")
  line.dataset.id = item.id
  const chosen = named("td", "cell", "tick")
  const label = element("label", "")
  const box = element("input", "")
  box.type = "checkbox"
  label.append(box)
  chosen.append(label)
  box.onchange = () => {
    const others = table.ticked.filter(id => id !== item.id)
    tick(table, box.checked ? [...others, item.id] : others)
  }
  const link = element("a", "name")
  link.dir = "auto"
  link.onclick = event => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault() // here, in this session; with those keys as any link
    table.send("opened", item.id)
  }
  const note = element("span", "note")
  note.dir = "auto"
  return { line, chosen, box, link, note, written: "" }
}

function fillRow(row, item, data) {
  const written = JSON.stringify([item, data.columns])
  if (row.written === written) return
  row.written = written
  row.box.setAttribute("aria-label", `Compare ${item.name}`)
  row.link.textContent = item.name
  row.link.href = `${location.pathname}?${data.parameter}=${encodeURIComponent(item.id)}`
  row.note.textContent = item.note
  row.note.hidden = !item.note
  // the elements that can have focus stay where they are
  const cells = data.columns.map(column => cellOf(row, item, column))
  while (row.line.children.length > cells.length + 1) row.line.lastElementChild.remove()
  if (row.line.firstElementChild !== row.chosen) row.line.prepend(row.chosen)
  for (const [number, cell] of cells.entries()) {
    const there = row.line.children[number + 1]
    if (!there) row.line.append(cell)
    else if (there !== cell) there.replaceWith(cell)
  }
}

function cellOf(row, item, column) {
  if (column.key === "name") {
    if (!row.head) {
      row.head = named("th", "rowheader", "head")
      row.head.scope = "row"
      row.head.append(row.link, row.note)
    }
    return row.head
  }
  const cell = named("td", "cell", `${column.key}${column.isFigure ? " figure" : ""}`)
  cell.dataset.title = column.title
  if (column.key === "state") {
    cell.append(...[item.state, ...item.marks].map(badge))
  } else {
    cell.textContent = item.cells[column.key] ?? ""
  }
  return cell
}

function badge([words, colour]) {
  const mark = element("span", `badge ${colour}`)
  mark.textContent = words
  return mark
}

// ticks

function tick(table, ids) {
  table.ticked = ids
  table.sent = JSON.stringify(ids)
  table.sentAt = Date.now()
  showTicks(table)
  table.send("ticked", { ids })
}

// What the server says of ticks is old news while a later click is still on its way.
function receiveTicks(table, data) {
  const told = JSON.stringify(data.ticked)
  const waits = table.sent !== null && Date.now() - table.sentAt < PATIENCE_MS
  if (waits && told !== table.sent) return
  table.sent = null
  table.ticked = data.ticked
}

function showTicks(table) {
  const { ticked, data } = table
  const isFull = ticked.length >= data.most
  let elsewhere = ticked.length
  for (const [id, row] of table.rows) {
    const isTicked = ticked.includes(id)
    if (isTicked) elsewhere -= 1
    row.box.checked = isTicked
    row.box.disabled = isFull && !isTicked
    row.line.classList.toggle("ticked", isTicked)
  }
  const enough = ticked.length > 1
  const runs = ticked.length === 1 ? "1 run ticked" : `${ticked.length} runs ticked`
  const away = elsewhere ? `, ${elsewhere} of them not shown here` : ""
  const more = enough ? (isFull ? ", as many as fit" : "") : ": tick another to compare them"
  const said = ticked.length ? runs + (ticked.length > 1 ? away : "") + more : ""
  if (table.count.textContent !== said) table.count.textContent = said
  table.bar.classList.toggle("empty", !ticked.length)
  table.clear.hidden = !ticked.length
  table.compare.hidden = !enough
  table.compare.textContent = `Compare ${ticked.length} runs`
}

// small helpers

function named(tag, role, className = "") {
  const node = element(tag, className)
  node.setAttribute("role", role)
  return node
}

function action(words, kind) {
  const button = element("button", `action ${kind}`)
  button.type = "button"
  button.textContent = words
  return button
}
