// Parallel coordinates: axes, a line for each trial, and what is kept of each axis. Upright axes
// where there is room beside one another, else lying ones, one below the other.

const LEAST_WIDTH = 480
const LEAST_GAP = 104
const STEP = 0.02
const LONG_STEP = 0.1

function geometryOf(part) {
  const count = part.data.axes.length
  const gapOfUpright = (part.width - 116) / Math.max(1, count - 1)
  const isUpright = part.width >= LEAST_WIDTH && gapOfUpright >= LEAST_GAP
  if (isUpright) {
    const length = 320
    const [left, top] = [62, 66]
    return { isUpright, left, top, length, gap: gapOfUpright, height: top + length + 34 }
  }
  const [left, top, gap] = [22, 58, 104]
  const height = top + gap * (count - 1) + 46
  return { isUpright, left, top, length: part.width - 2 * left, gap, height }
}

function pointOf(shown, index, share) {
  return shown.isUpright
    ? [shown.left + index * shown.gap, shown.top + (1 - share) * shown.length]
    : [shown.left + share * shown.length, shown.top + index * shown.gap]
}

// Everything anew: for other data, or another width.
function drawLines(part) {
  const { data, svg } = part
  const held = part.parent.activeElement?.dataset?.grip
  const shown = (part.shown = geometryOf(part))
  svg.setAttribute("width", part.width)
  svg.setAttribute("height", shown.height)
  svg.setAttribute("class", shown.isUpright ? "lines upright" : "lines lying")
  // many lines, each laid on thinner
  const count = Math.max(1, data.trials.length)
  svg.style.setProperty("--full", Math.max(0.5, Math.min(1, 120 / count)))
  svg.style.setProperty("--faint", Math.max(0.02, Math.min(0.14, 6 / count)))
  part.paths = new Map()
  const recalls = data.trials.map(recallOf).filter(value => value !== null)
  const [least, most] = [Math.min(...recalls), Math.max(...recalls)]
  const hits = shape("g")
  const drawn = shape("g", {}, "drawn")
  const ordered = [...data.trials].sort((one, other) => rank(part, one) - rank(part, other))
  for (const trial of ordered) {
    const line = pathOf(part, trial)
    const visible = shape("path", { d: line }, `line ${trial.state}`)
    const isBest = trial.number === data.best
    const recall = recallOf(trial)
    const share = most > least && recall !== null ? (recall - least) / (most - least) : 0.5
    visible.style.stroke = isBest ? data.bestColour : between(data.ramp, recall === null ? 0 : share)
    if (isBest) visible.classList.add("best")
    const hit = shape("path", { d: line }, "hit")
    hit.dataset.trial = trial.number
    part.paths.set(trial.number, visible)
    drawn.append(visible)
    hits.append(hit)
  }
  part.drawn = drawn
  part.controls = data.axes.map((axis, index) => axisOf(part, axis, index))
  svg.replaceChildren(hits, drawn, ...part.controls.map(control => control.group))
  paintLines(part)
  if (held) part.svg.querySelector(`[data-grip="${held}"]`)?.focus({ preventScroll: true })
}

function recallOf(trial) {
  return trial.values[trial.values.length - 1]
}

function rank(part, trial) {
  return trial.number === part.data.best ? Infinity : (recallOf(trial) ?? -1)
}

function pathOf(part, trial) {
  let line = ""
  part.data.axes.forEach((axis, index) => {
    const share = shareOf(axis, trial.values[index])
    if (share === null) return
    const [x, y] = pointOf(part.shown, index, share)
    line += `${line ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`
  })
  return line
}

function axisOf(part, axis, index) {
  const { shown } = part
  const group = shape("g", {}, "axis")
  const [x0, y0] = pointOf(shown, index, 0)
  const [x1, y1] = pointOf(shown, index, 1)
  group.append(shape("line", { x1: x0, y1: y0, x2: x1, y2: y1 }, "rule"))
  for (const value of ticksOf(axis, shown.isUpright ? 6 : 5)) {
    const [x, y] = pointOf(shown, index, shareOf(axis, value))
    const away = shown.isUpright ? { x: x - 17, y: y + 4 } : { x, y: y + 20 }
    group.append(written(wordsAt(axis, value), away, "tick"))
    const end = shown.isUpright ? { x2: x - 5, y2: y } : { x2: x, y2: y + 5 }
    group.append(shape("line", { x1: x, y1: y, ...end }, "rule"))
  }
  const lines = shown.isUpright ? folded(axis.title, Math.floor(shown.gap / 7.4)) : [axis.title]
  lines.forEach((text, at) => {
    const spot = shown.isUpright
      ? { x: x1, y: shown.top - 30 - 16 * (lines.length - 1 - at) }
      : { x: x0 - 12, y: y0 - 38 }
    group.append(written(text, spot, "title"))
  })
  const brush = shape("rect", { rx: 4 }, "brush")
  const strip = shape("rect", stripOf(shown, index), "strip")
  strip.dataset.axis = index
  const ends = ["low", "high"].map(end => gripOf(part, axis, index, end))
  group.append(brush, strip, ...ends.flatMap(end => [end.grip, end.words]))
  return { group, brush, ends }
}

function stripOf(shown, index) {
  const [x, y] = pointOf(shown, index, shown.isUpright ? 1 : 0)
  return shown.isUpright
    ? { x: x - 20, y, width: 40, height: shown.length }
    : { x, y: y - 18, width: shown.length, height: 36 }
}

function gripOf(part, axis, index, end) {
  const { isUpright } = part.shown
  const grip = shape("g", { tabindex: 0, role: "slider" }, "grip")
  grip.dataset.axis = index
  grip.dataset.end = end
  grip.dataset.grip = `${axis.key}-${end}`
  grip.setAttribute("aria-orientation", isUpright ? "vertical" : "horizontal")
  grip.setAttribute("aria-label", `${axis.label}, ${end === "low" ? "lowest" : "highest"} kept`)
  const [wide, high] = isUpright ? [26, 11] : [11, 26]
  const [wideHit, highHit] = isUpright ? [44, 26] : [30, 44]
  grip.append(
    shape("rect", { x: -wideHit / 2, y: -highHit / 2, width: wideHit, height: highHit }, "reach"),
    shape("rect", { x: -wide / 2, y: -high / 2, width: wide, height: high, rx: 5.5 }, "knob"),
  )
  return { grip, words: written("", {}, "end") }
}

// Only what changes under the hand: what is kept, pointed at and open.
function paintLines(part) {
  const { data, shown } = part
  for (const trial of data.trials) {
    const list = part.paths.get(trial.number).classList
    list.toggle("out", !isKept(part, trial))
    list.toggle("near", trial.number === part.near)
    list.toggle("picked", trial.number === data.picked)
  }
  data.axes.forEach((axis, index) => {
    const range = part.kept.get(axis.key)
    const { group, brush, ends } = part.controls[index]
    const span = spanOf(axis, range)
    group.classList.toggle("set", Boolean(range))
    const [x0, y0] = pointOf(shown, index, span[0])
    const [x1, y1] = pointOf(shown, index, span[1])
    const box = shown.isUpright
      ? { x: x0 - 9, y: y1, width: 18, height: y0 - y1 }
      : { x: x0, y: y0 - 9, width: x1 - x0, height: 18 }
    for (const [name, value] of Object.entries(box)) brush.setAttribute(name, value)
    ends.forEach(({ grip, words }, at) => {
      const [x, y] = at ? [x1, y1] : [x0, y0]
      const out = at ? 6 : -6
      grip.setAttribute(
        "transform",
        shown.isUpright ? `translate(${x} ${y - out})` : `translate(${x + out} ${y})`,
      )
      const value = range ? range[at] : at ? lastOf(axis) : firstOf(axis)
      grip.setAttribute("aria-valuemin", firstOf(axis))
      grip.setAttribute("aria-valuemax", lastOf(axis))
      grip.setAttribute("aria-valuenow", value)
      grip.setAttribute("aria-valuetext", wordsAt(axis, value))
      words.textContent = range && !axis.choices.length ? wordsAt(axis, value) : ""
      words.setAttribute("x", shown.isUpright ? x + 17 : Math.min(part.width - 24, Math.max(24, x)))
      words.setAttribute("y", shown.isUpright ? y - out + 4 : y - 18)
    })
  })
}

function firstOf(axis) {
  return axis.choices.length ? 0 : axis.low
}

function lastOf(axis) {
  return axis.choices.length ? axis.choices.length - 1 : axis.high
}

function isKept(part, trial) {
  return part.data.axes.every((axis, index) =>
    passes(axis, part.kept.get(axis.key), trial.values[index]),
  )
}

function written(text, spot, className) {
  const node = shape("text", spot, className)
  node.textContent = text
  return node
}

function folded(text, letters) {
  const lines = [""]
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim()
    if (longer.length <= letters || !lines[lines.length - 1]) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.slice(0, 2)
}

// dragging

function shareAt(part, event) {
  const box = part.svg.getBoundingClientRect()
  const { shown } = part
  return shown.isUpright
    ? 1 - (event.clientY - box.top - shown.top) / shown.length
    : (event.clientX - box.left - shown.left) / shown.length
}

function beginDrag(part, event) {
  const target = event.target.closest("[data-axis]")
  if (!target || event.button > 0) return
  const index = Number(target.dataset.axis)
  const axis = part.data.axes[index]
  const range = part.kept.get(axis.key)
  const share = shareAt(part, event)
  const [low, high] = spanOf(axis, range)
  const within = range && share > low && share < high
  part.drag = {
    axis,
    mode: target.dataset.end ?? (within ? "move" : "new"),
    from: share,
    span: [low, high],
    before: range,
    at: part.shown.isUpright ? event.clientY : event.clientX,
    moved: false,
  }
  part.svg.setPointerCapture(event.pointerId)
  if (target.dataset.end) target.focus({ preventScroll: true })
  event.preventDefault()
}

function moveDrag(part, event) {
  const { drag } = part
  if (!drag) return
  const at = part.shown.isUpright ? event.clientY : event.clientX
  if (Math.abs(at - drag.at) > 4) drag.moved = true
  if (!drag.moved) return
  const share = Math.min(1, Math.max(0, shareAt(part, event)))
  let [low, high] = drag.span
  if (drag.mode === "new") [low, high] = [drag.from, share].sort((one, other) => one - other)
  else if (drag.mode === "low") low = Math.min(share, high)
  else if (drag.mode === "high") high = Math.max(share, low)
  else {
    const by = Math.min(1 - high, Math.max(-low, share - drag.from))
    ;[low, high] = [low + by, high + by]
  }
  keep(part, drag.axis, low, high)
}

function endDrag(part) {
  const { drag } = part
  part.drag = null
  if (!drag) return
  if (!drag.moved && drag.mode === "new" && drag.axis.choices.length) {
    keep(part, drag.axis, drag.from, drag.from) // one choice, by a click on it
  } else if (!drag.moved && drag.mode !== "low" && drag.mode !== "high") {
    part.kept.delete(drag.axis.key)
  }
  part.changed()
  part.commit()
}

// The page is scrolled instead: nothing was meant.
function cancelDrag(part) {
  const { drag } = part
  part.drag = null
  if (!drag) return
  if (drag.before) part.kept.set(drag.axis.key, drag.before)
  else part.kept.delete(drag.axis.key)
  part.changed()
}

function keep(part, axis, low, high) {
  const range = [valueAt(axis, low), valueAt(axis, Math.max(low, high - 1e-9))]
  if (isWhole(axis, range)) part.kept.delete(axis.key)
  else part.kept.set(axis.key, range)
  part.changed()
}

function onGripKey(part, event) {
  const grip = event.target.closest(".grip")
  if (!grip || event.altKey || event.ctrlKey || event.metaKey) return
  const axis = part.data.axes[Number(grip.dataset.axis)]
  const isLow = grip.dataset.end === "low"
  const [low, high] = spanOf(axis, part.kept.get(axis.key))
  const one = axis.choices.length ? 1 / axis.choices.length : STEP
  const long = Math.max(one, LONG_STEP)
  const steps = {
    ArrowUp: one,
    ArrowRight: one,
    ArrowDown: -one,
    ArrowLeft: -one,
    PageUp: long,
    PageDown: -long,
    Home: -1,
    End: 1,
    Escape: 0,
  }
  if (!(event.key in steps)) return
  event.preventDefault()
  if (event.key === "Escape") {
    part.kept.delete(axis.key)
    part.changed()
  } else if (isLow) {
    const narrowest = axis.choices.length ? high - one : high
    keep(part, axis, Math.min(narrowest, Math.max(0, low + steps[event.key])), high)
  } else {
    const narrowest = axis.choices.length ? low + one : low
    keep(part, axis, low, Math.max(narrowest, Math.min(1, high + steps[event.key])))
  }
  part.commitSoon()
}
