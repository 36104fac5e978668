// The photo of a look, with a heat map over it and a box to focus on. heat.js and focus.js are
// put after this file.

const CLOSE = "M6 6l12 12M18 6L6 18"
const photos = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let photo = photos.get(parentElement)
  if (!photo) {
    photo = build(parentElement.querySelector(".photo"))
    photos.set(parentElement, photo)
    photo.onPoint = event => onPoint(photo, event.detail)
    document.addEventListener("recsys-point", photo.onPoint)
  }
  photo.say = (name, value) => setTriggerValue(name, value)
  update(photo, data)
  return () => {
    document.removeEventListener("recsys-point", photo.onPoint)
    photo.seen.disconnect()
    clearTimeout(photo.timer)
    photos.delete(parentElement)
  }
}

function build(root) {
  const photo = { root, data: null, focus: null, pointed: null, kernels: new Map() }
  photo.main = makeView("stage")
  photo.inset = makeView("inset")
  photo.inset.stage.popover = "manual"
  photo.inset.stage.setAttribute("aria-hidden", "true")
  photo.tools = element("div", "tools")
  photo.known = element("div", "known")
  photo.told = element("p", "told")
  photo.scale = element("p", "scale")
  photo.row = element("div", "actions")
  photo.heading = element("h2", "")
  photo.facts = element("p", "")
  photo.spoken = element("p", "unseen")
  photo.spoken.setAttribute("role", "status")
  buildScale(photo.scale)
  photo.main.stage.append(photo.known, makeFocus(photo), photo.tools)
  const below = element("div", "below")
  photo.name = element("div", "name")
  photo.name.append(photo.heading, photo.facts)
  below.append(photo.name, photo.told, photo.scale)
  root.replaceChildren(photo.main.stage, below, photo.row, photo.spoken)
  photo.visible = true
  photo.seen = new IntersectionObserver(
    ([entry]) => {
      photo.visible = entry.intersectionRatio > 0.3
      showInset(photo)
    },
    { threshold: [0, 0.3, 0.6] },
  )
  photo.seen.observe(photo.main.stage)
  watchFocus(photo)
  return photo
}

// A picture with what lies over it; the same for the large one and the inset.
function makeView(className) {
  const stage = element("div", className)
  const image = element("img", "")
  const heat = element("canvas", "heat")
  const winner = element("div", "winner")
  heat.setAttribute("aria-hidden", "true")
  heat.hidden = winner.hidden = true
  image.decoding = "async"
  image.draggable = false
  stage.append(image, heat, winner)
  return { stage, image, heat, winner }
}

function update(photo, data) {
  const before = photo.data
  photo.data = data
  photo.root.setAttribute("aria-label", data.label)
  photo.heading.textContent = data.label
  photo.facts.textContent = data.facts
  if (before?.image !== data.image || before?.base !== data.base) showPicture(photo, data)
  photo.main.image.alt = data.alt
  fillTools(photo)
  fillKnown(photo)
  if (!photo.editing) photo.focus = data.focus
  showFocus(photo)
  fillActions(photo)
  if (before && before.id !== data.id) photo.pointed = null
  showHeat(photo)
  if (before?.id !== data.id) requestAnimationFrame(() => comeIntoView(photo.root))
}

function showPicture(photo, data) {
  const { stage, image } = photo.main
  stage.classList.remove("loaded", "empty")
  for (const view of [photo.main, photo.inset]) {
    if (!data.image) {
      view.image.removeAttribute("src")
      view.image.removeAttribute("srcset")
      continue
    }
    const large = view === photo.main
    view.image.sizes = large ? "(max-width: 640px) 92vw, 480px" : "180px"
    showThumbnail(view.image, data.base, data.image, SIDES[large ? 1 : 0])
  }
  if (!data.image) return showNothing(photo)
  image.onerror = () => showNothing(photo)
  image.onload = () => {
    const ratio = image.naturalWidth / image.naturalHeight
    photo.root.style.setProperty("--ratio", ratio)
    if (photo.ratio !== ratio) photo.kernels.clear()
    photo.ratio = ratio
    stage.classList.add("loaded")
    showHeat(photo)
  }
  if (image.complete && image.naturalWidth) image.onload()
}

function showNothing(photo) {
  photo.main.stage.classList.add("loaded", "empty")
}

function fillTools(photo) {
  const close = photo.data.actions.filter(([, , icon]) => icon === "close")
  setButtons(photo.tools, close, ([id, label]) => {
    const button = element("button", "tool")
    button.title = label
    button.setAttribute("aria-label", label)
    button.append(drawing(CLOSE))
    button.onclick = () => photo.say("acted", id)
    return button
  })
}

function fillActions(photo) {
  const own = photo.data.actions.filter(([, , icon]) => icon !== "close")
  const focus = photo.focus ? ["unfocus", "Whole photo"] : ["focus", "Focus on a part"]
  const all = photo.data.image ? [focus, ...own] : own
  setButtons(photo.row, all, ([id, label]) => {
    const button = element("button", "action")
    button.textContent = label
    button.onclick = () => {
      if (id === "focus") startFocus(photo)
      else if (id === "unfocus") setFocus(photo, null)
      else if (id === "upload") document.dispatchEvent(new CustomEvent("recsys-upload"))
      else photo.say("acted", id)
    }
    return button
  })
}

function fillKnown(photo) {
  const area = ([, box]) => (box[2] - box[0]) * (box[3] - box[1])
  const all = [...photo.data.known].sort((a, b) => area(b) - area(a)) // small ones on top
  setButtons(photo.known, all, ([label, box]) => {
    const button = element("button", "box")
    button.title = label
    button.setAttribute("aria-label", `Focus on ${label}`)
    place(button, box)
    button.onclick = () => setFocus(photo, box)
    return button
  })
}

// Buttons that stay as they are keep their elements, and with them the focus.
function setButtons(holder, items, make) {
  const written = JSON.stringify(items)
  if (holder.dataset.written === written) return
  const focused = holder.getRootNode().activeElement
  const at = [...holder.children].indexOf(focused)
  holder.dataset.written = written
  holder.replaceChildren(...items.map(item => Object.assign(make(item), { type: "button" })))
  holder.hidden = !items.length
  if (at >= 0) holder.children[Math.min(at, items.length - 1)]?.focus({ preventScroll: true })
}

function place(node, [left, top, right, bottom]) {
  const percent = value => `${(100 * value).toFixed(3)}%`
  Object.assign(node.style, {
    left: percent(left),
    top: percent(top),
    width: percent(right - left),
    height: percent(bottom - top),
  })
}
