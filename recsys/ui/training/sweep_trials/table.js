// The trials as a table: those that are kept, in the order that a person chose.

const TEXT_COLUMNS = new Set(["state"])

function columnsOf(data) {
  const settings = data.axes.slice(0, -1).map((axis, index) => ({
    id: axis.key,
    title: axis.title,
    of: trial => trial.values[index],
    text: trial => trial.texts[index],
  }))
  return [
    { id: "number", title: "Trial", of: trial => trial.number },
    { id: "recall", title: "Recall@10", of: recallOf, text: trial => trial.texts.at(-1) },
    ...settings,
    { id: "steps", title: "Steps", of: trial => trial.steps, text: t => t.steps.toLocaleString("en") },
    { id: "seconds", title: "Seconds", of: t => t.seconds, text: t => Math.round(t.seconds).toLocaleString("en") },
    { id: "state", title: "State", of: trial => trial.words, text: trial => trial.words },
  ]
}

function buildTable(part) {
  const { data } = part
  const columns = columnsOf(data)
  if (!columns.some(column => column.id === part.sort.by)) part.sort = { by: "recall", up: false }
  const focused = part.parent.activeElement?.dataset?.focus
  const head = element("tr", "")
  for (const column of columns) head.append(headOf(part, column))
  const top = element("thead", "")
  top.append(head)
  const body = element("tbody", "")
  const column = columns.find(one => one.id === part.sort.by)
  part.rows = new Map()
  for (const trial of [...data.trials].sort(byColumn(part, column))) {
    const row = rowOf(part, trial, columns)
    part.rows.set(trial.number, row)
    body.append(row)
  }
  part.caption.textContent = "Trials of this sweep"
  part.table.replaceChildren(part.caption, top, body)
  if (focused) part.table.querySelector(`[data-focus="${focused}"]`)?.focus({ preventScroll: true })
}

// What has no value comes last, whichever way; of equals the earlier trial comes first.
function byColumn(part, column) {
  return (one, other) => {
    const [a, b] = [column.of(one), column.of(other)]
    if (a === null || b === null) return (a === null) - (b === null) || one.number - other.number
    const way = a < b ? -1 : a > b ? 1 : 0
    return (part.sort.up ? way : -way) || one.number - other.number
  }
}

function headOf(part, column) {
  const cell = element("th", TEXT_COLUMNS.has(column.id) ? "words" : "")
  const button = element("button", "order")
  const isOrder = part.sort.by === column.id
  cell.scope = "col"
  if (isOrder) cell.setAttribute("aria-sort", part.sort.up ? "ascending" : "descending")
  button.type = "button"
  button.dataset.focus = `order-${column.id}`
  button.textContent = column.title
  const arrow = element("span", "arrow")
  arrow.setAttribute("aria-hidden", "true")
  arrow.textContent = isOrder ? (part.sort.up ? "▲" : "▼") : ""
  button.append(arrow)
  button.onclick = () => {
    part.sort = { by: column.id, up: isOrder ? !part.sort.up : column.id !== "recall" }
    buildTable(part)
    paintTable(part)
  }
  cell.append(button)
  return cell
}

function rowOf(part, trial, columns) {
  const row = element("tr", trial.state)
  row.dataset.trial = trial.number
  const first = element("th", "")
  const button = element("button", "trial")
  first.scope = "row"
  button.type = "button"
  button.dataset.focus = `trial-${trial.number}`
  button.dataset.trial = trial.number
  button.setAttribute("aria-label", `Trial ${trial.number}: show its curve`)
  button.textContent = String(trial.number)
  first.append(button)
  if (trial.number === part.data.best) {
    const badge = element("span", "badge")
    badge.textContent = "best"
    first.append(badge)
  }
  row.append(first)
  for (const column of columns.slice(1)) {
    const cell = element("td", TEXT_COLUMNS.has(column.id) ? "words" : "")
    cell.textContent = column.text(trial)
    if (column.id === "state" && trial.reason) {
      const why = element("span", "why")
      why.textContent = trial.reason
      cell.append(why)
    }
    row.append(cell)
  }
  return row
}

function paintTable(part) {
  for (const trial of part.data.trials) {
    const row = part.rows.get(trial.number)
    row.hidden = !isKept(part, trial)
    row.classList.toggle("near", trial.number === part.near)
    const isPicked = trial.number === part.data.picked
    row.classList.toggle("picked", isPicked)
    row.querySelector(".trial").setAttribute("aria-pressed", String(isPicked))
  }
}
