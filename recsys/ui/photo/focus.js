// A box to focus on: drawn, moved and resized with a mouse, a finger or the arrow keys. Part of
// photo.js.

const LEAST = 0.06 // of the photo's side
const STEP = 0.02
const DRAG_PX = 6
const CORNERS = { nw: [0, 1], ne: [2, 1], sw: [0, 3], se: [2, 3] } // positions in l, t, r, b

function makeFocus(photo) {
  photo.box = element("div", "focus")
  photo.box.hidden = true
  photo.box.tabIndex = 0
  // a widget of its own: screen readers hand its keys through
  photo.box.setAttribute("role", "application")
  photo.box.setAttribute("aria-roledescription", "focus box")
  for (const corner of Object.keys(CORNERS)) {
    const handle = element("span", `handle ${corner}`)
    handle.dataset.corner = corner
    photo.box.append(handle)
  }
  return photo.box
}

function showFocus(photo) {
  const { focus, box } = photo
  box.hidden = !focus
  photo.main.stage.classList.toggle("focused", Boolean(focus))
  if (!focus) return
  place(box, focus)
  box.setAttribute("aria-label", `${inWords(focus)}. Arrow keys move, Shift and arrow keys resize, Escape clears`)
}

function inWords([left, top, right, bottom]) {
  const percent = value => Math.round(100 * value)
  return (
    `Focus from ${percent(left)} to ${percent(right)} percent across, ` +
    `${percent(top)} to ${percent(bottom)} percent down`
  )
}

// The box as it is now, told to the server at once or, between key presses, a little later.
function setFocus(photo, focus, wait_ms = 0) {
  const had = photo.focus
  photo.focus = focus
  showFocus(photo)
  fillActions(photo)
  clearTimeout(photo.timer)
  photo.editing = true
  photo.timer = setTimeout(() => {
    photo.editing = false
    photo.spoken.textContent = focus ? inWords(focus) : "The whole photo"
    const text = focus ? focus.map(value => String(Math.round(1000 * value) / 1000)).join(",") : ""
    if (had || focus) photo.say("focus", text)
  }, wait_ms)
}

function startFocus(photo) {
  setFocus(photo, [0.3, 0.25, 0.7, 0.6], 400)
  photo.box.focus({ preventScroll: true })
}

function watchFocus(photo) {
  const { stage } = photo.main
  photo.box.addEventListener("keydown", event => onFocusKey(photo, event))
  stage.addEventListener("pointerdown", event => onDown(photo, event))
  stage.addEventListener("pointermove", event => onMove(photo, event))
  stage.addEventListener("pointerup", event => onUp(photo, event))
  stage.addEventListener("pointercancel", () => cancelDrag(photo))
  // the click that ends a drag is none
  stage.addEventListener("click", event => swallow(photo, event), true)
}

function onFocusKey(photo, event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  if (event.key === "Escape" || event.key === "Delete") {
    event.preventDefault()
    event.stopPropagation()
    setFocus(photo, null)
    photo.row.querySelector("button")?.focus({ preventScroll: true })
    return
  }
  const step = {
    ArrowLeft: [-STEP, 0],
    ArrowRight: [STEP, 0],
    ArrowUp: [0, -STEP],
    ArrowDown: [0, STEP],
  }[event.key]
  if (!step || !photo.focus) return
  event.preventDefault()
  const [l, t, r, b] = photo.focus
  const next = event.shiftKey
    ? sorted([l, t, Math.max(l + LEAST, r + step[0]), Math.max(t + LEAST, b + step[1])])
    : shifted(photo.focus, step)
  setFocus(photo, next, 350)
}

function onDown(photo, event) {
  if (event.button !== 0 || !photo.data.image || event.target.closest(".tools")) return
  const corner = event.target.dataset?.corner
  const inside = event.target.closest(".focus")
  photo.drag = {
    kind: corner ? "resize" : inside ? "move" : "draw",
    corner,
    from: pointOn(photo, event),
    at: [event.clientX, event.clientY],
    had: photo.focus,
    touch: event.pointerType === "touch",
    pointer: event.pointerId,
    moved: false,
  }
  photo.editing = true
  clearTimeout(photo.timer)
}

function onMove(photo, event) {
  const { drag } = photo
  if (!drag || event.pointerId !== drag.pointer) return
  // a finger on the bare photo scrolls the page
  if (drag.touch && drag.kind === "draw") return
  const far = Math.hypot(event.clientX - drag.at[0], event.clientY - drag.at[1])
  if (!drag.moved && far < DRAG_PX) return
  if (!drag.moved) photo.main.stage.setPointerCapture(drag.pointer)
  drag.moved = true
  const to = pointOn(photo, event)
  if (drag.kind === "draw") photo.focus = sorted([...drag.from, ...to])
  else if (drag.kind === "move") {
    photo.focus = shifted(drag.had, [to[0] - drag.from[0], to[1] - drag.from[1]])
  } else {
    const box = [...drag.had]
    CORNERS[drag.corner].forEach((side, axis) => (box[side] = to[axis]))
    photo.focus = sorted(box)
  }
  showFocus(photo)
}

function onUp(photo, event) {
  const { drag } = photo
  if (!drag || event.pointerId !== drag.pointer) return
  const far = Math.hypot(event.clientX - drag.at[0], event.clientY - drag.at[1])
  photo.drag = null
  photo.editing = false
  if (drag.moved) {
    photo.dragged = true
    setTimeout(() => (photo.dragged = false), 60)
    setFocus(photo, photo.focus)
    photo.box.focus({ preventScroll: true })
  } else if (drag.kind === "draw" && far < DRAG_PX && !event.target.closest("button")) {
    // a tap on the bare photo: a box around it, or, with one, away with it
    setFocus(photo, drag.had ? null : around(drag.from))
  }
}

function cancelDrag(photo) {
  if (photo.drag) photo.focus = photo.drag.had
  photo.drag = null
  photo.editing = false
  showFocus(photo)
}

function swallow(photo, event) {
  if (!photo.dragged) return
  photo.dragged = false
  event.preventDefault()
  event.stopPropagation()
}

function pointOn(photo, event) {
  const box = photo.main.stage.getBoundingClientRect()
  return [
    clamp((event.clientX - box.left) / box.width),
    clamp((event.clientY - box.top) / box.height),
  ]
}

function around([x, y]) {
  return shifted([0, 0, 0.4, 0.3], [x - 0.2, y - 0.15])
}

function shifted([l, t, r, b], [dx, dy]) {
  const x = Math.min(1 - r, Math.max(-l, dx))
  const y = Math.min(1 - b, Math.max(-t, dy))
  return [l + x, t + y, r + x, b + y]
}

// Corners in any order → a box in bounds that is not too small.
function sorted([x0, y0, x1, y1]) {
  const [l, r] = least(Math.min(x0, x1), Math.max(x0, x1))
  const [t, b] = least(Math.min(y0, y1), Math.max(y0, y1))
  return [l, t, r, b]
}

function least(low, high) {
  const end = Math.min(1, Math.max(high, low + LEAST))
  return [Math.max(0, Math.min(low, end - LEAST)), end]
}

function clamp(value) {
  return Math.min(1, Math.max(0, value))
}
