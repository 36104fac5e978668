// A sweep's trials: lines above, the table below, and what is kept in words between them.

const PATIENCE_MS = 4000
const PAUSE_MS = 500
const made = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let part = made.get(parentElement)
  if (!part) {
    part = build(parentElement)
    made.set(parentElement, part)
  }
  part.send = (name, value) => setTriggerValue(name, value)
  receive(part, data)
  return () => {
    clearTimeout(part.timer)
    clearTimeout(part.later)
    window.removeEventListener("popstate", part.onHistory)
    part.observer.disconnect()
    made.delete(parentElement)
  }
}

function build(parent) {
  const root = parent.querySelector(".trials")
  const chart = element("div", "chart")
  const svg = shape("svg", { role: "group" }, "lines")
  const tip = element("div", "tip")
  const legend = element("p", "legend")
  const bar = element("div", "kept")
  const count = element("p", "count")
  const chips = element("div", "chips")
  const scroller = element("div", "scroller")
  const table = element("table", "")
  svg.setAttribute(
    "aria-label",
    "A line for each trial through its settings and its recall@10; the table below says the same",
  )
  count.setAttribute("role", "status")
  tip.setAttribute("aria-hidden", "true")
  tip.hidden = true
  scroller.tabIndex = 0
  scroller.setAttribute("role", "region")
  scroller.setAttribute("aria-label", "Table of trials")
  chart.append(svg, tip)
  bar.append(count, chips)
  scroller.append(table)
  root.replaceChildren(chart, legend, bar, scroller)
  const part = {
    parent,
    root,
    chart,
    svg,
    tip,
    legend,
    count,
    chips,
    table,
    caption: element("caption", ""),
    rows: new Map(),
    kept: new Map(),
    sort: { by: "recall", up: false },
    drag: null,
    awaited: null,
    near: -1,
    timer: 0,
    later: 0,
    width: 0,
    data: null,
    written: "",
  }
  part.changed = () => {
    paintLines(part)
    paintTable(part)
    paintKept(part)
  }
  part.commit = () => commit(part)
  part.commitSoon = () => {
    clearTimeout(part.timer)
    part.timer = setTimeout(part.commit, PAUSE_MS)
  }
  listen(part)
  return part
}

function listen(part) {
  const { svg, table } = part
  svg.addEventListener("touchstart", event => holdPage(part, event), { passive: false })
  svg.addEventListener("pointerdown", event => beginDrag(part, event))
  svg.addEventListener("pointermove", event => moveDrag(part, event))
  svg.addEventListener("pointerup", () => endDrag(part))
  svg.addEventListener("pointercancel", () => cancelDrag(part))
  svg.addEventListener("keydown", event => onGripKey(part, event))
  svg.addEventListener("pointerover", event => point(part, event))
  svg.addEventListener("pointerout", () => point(part, null))
  svg.addEventListener("click", event => pick(part, event.target.dataset.trial))
  table.addEventListener("pointerover", event => point(part, event))
  table.addEventListener("pointerout", () => point(part, null))
  table.addEventListener("click", event => {
    if (!event.target.closest(".order")) pick(part, event.target.closest("tr")?.dataset.trial)
  })
  // Back at once after a change: the server may never say again what it said last, since to it
  // nothing differs, so that holds until it says something else
  part.onHistory = () => {
    part.awaited = null
    hear(part, part.data.kept)
    part.changed()
  }
  window.addEventListener("popstate", part.onHistory)
  part.observer = new ResizeObserver(() => fit(part))
  part.observer.observe(part.chart)
}

// On an upright axis a finger drags and does not scroll; parts of an SVG have no touch-action.
function holdPage(part, event) {
  if (part.shown?.isUpright && event.target.closest("[data-axis]")) event.preventDefault()
}

function fit(part) {
  const width = Math.floor(part.chart.clientWidth)
  if (!part.data || width < 60 || width === part.width) return
  part.width = width
  drawLines(part)
}

function receive(part, data) {
  hear(part, data.kept)
  const text = JSON.stringify({ ...data, kept: null })
  const isOther = text !== part.written
  const isPicked = part.data?.picked !== data.picked
  part.data = data
  part.written = text
  if (isOther) {
    showLegend(part)
    buildTable(part)
    if (part.drag) part.drag.axis = data.axes.find(axis => axis.key === part.drag.axis.key)
    part.width = 0
  }
  fit(part)
  if (part.width) part.changed()
  if (isPicked) part.near = -1
}

// What the server says is kept; not while one drags, nor before it has heard of the last drag. What
// comes too early holds later, unless something else is said: Back at once after a drag is no echo.
function hear(part, kept) {
  clearTimeout(part.later)
  const told = JSON.stringify(kept)
  if (part.awaited && told === part.awaited.text) part.awaited = null
  if (part.drag || (part.awaited && Date.now() < part.awaited.until)) {
    part.later = setTimeout(() => {
      hear(part, kept)
      part.changed()
    }, PATIENCE_MS)
    return
  }
  part.awaited = null
  part.kept = new Map(kept.map(([key, low, high]) => [key, [low, high]]))
}

function commit(part) {
  clearTimeout(part.timer)
  const order = part.data.axes.map(axis => axis.key).filter(key => part.kept.has(key))
  const kept = order.map(key => [key, ...part.kept.get(key)])
  part.awaited = { text: JSON.stringify(kept), until: Date.now() + PATIENCE_MS }
  part.send("kept", kept)
}

function pick(part, number) {
  if (number === undefined) return
  const chosen = Number(number)
  part.send("picked", chosen === part.data.picked ? -1 : chosen)
}

// What is pointed at, in both views, and in words beside the pointer.
function point(part, event) {
  const holder = event?.target.closest("[data-trial]")
  const near = holder && !part.drag ? Number(holder.dataset.trial) : -1
  if (near !== part.near) {
    part.near = near
    paintLines(part)
    paintTable(part)
  }
  const trial = part.data.trials.find(one => one.number === near)
  part.tip.hidden = !trial || !holder.closest("svg")
  if (part.tip.hidden) return
  part.tip.textContent = `Trial ${near} · recall@10 ${trial.texts.at(-1)} · ${trial.words}`
  const box = part.chart.getBoundingClientRect()
  const x = Math.min(box.width - part.tip.offsetWidth - 4, event.clientX - box.left + 12)
  part.tip.style.left = `${Math.max(4, x)}px`
  part.tip.style.top = `${event.clientY - box.top - 34}px`
}

function showLegend(part) {
  const { data } = part
  const ramp = element("span", "ramp")
  const best = element("span", "key")
  const early = element("span", "key dashed")
  ramp.style.background = `linear-gradient(90deg, ${data.ramp.join(", ")})`
  best.style.borderColor = data.bestColour
  const said = [["low recall@10", ramp, "high"], [best, "the best"], [early, "not to its end"]]
  part.legend.replaceChildren(
    ...said.map(group => {
      const entry = element("span", "entry")
      entry.append(...group)
      return entry
    }),
  )
}

function paintKept(part) {
  const { data } = part
  const all = data.trials.length
  const count = data.trials.filter(trial => isKept(part, trial)).length
  const text = part.kept.size
    ? `${count} of ${all} ${all === 1 ? "trial" : "trials"} kept`
    : `${all} ${all === 1 ? "trial" : "trials"}`
  if (part.count.textContent !== text) part.count.textContent = text
  const chips = data.axes.filter(axis => part.kept.has(axis.key)).map(axis => chipOf(part, axis))
  if (chips.length > 1) {
    chips.push(
      clearer("Clear all", "clear", () => {
        part.kept.clear()
      }),
    )
  }
  const focused = part.parent.activeElement?.classList.contains("chip")
  part.chips.replaceChildren(...chips.map(({ button }) => button))
  for (const chip of chips) {
    chip.button.onclick = () => {
      chip.clear()
      part.changed()
      part.commit()
    }
  }
  if (focused) (part.chips.firstElementChild ?? part.svg.querySelector(".grip"))?.focus()
}

function chipOf(part, axis) {
  const [low, high] = part.kept.get(axis.key)
  const words = low === high ? wordsAt(axis, low) : `${wordsAt(axis, low)} to ${wordsAt(axis, high)}`
  const chip = clearer(`${axis.label}: ${words}`, "", () => part.kept.delete(axis.key))
  chip.button.setAttribute("aria-label", `${axis.label}: ${words}. Show all again`)
  chip.button.append(drawing("M6 6l12 12M18 6L6 18"))
  return chip
}

function clearer(text, className, clear) {
  const button = element("button", `chip ${className}`.trim())
  const words = element("span", "")
  button.type = "button"
  words.textContent = text
  button.append(words)
  return { button, clear }
}
