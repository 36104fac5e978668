// A photo that is chosen, dropped or pasted goes into Streamlit's own uploader, which stands
// hidden beside this button, unless it can be seen here that it is no use.

const PATIENCE_MS = 5 * 60000
const UP = "M12 16V5M7 9.5L12 4.5l5 5M5 19.5h14"
const zones = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  let zone = zones.get(parentElement)
  if (!zone) {
    zone = build(parentElement)
    zones.set(parentElement, zone)
    listen(zone)
  }
  zone.say = value => setTriggerValue("refused", value)
  const isNew = zone.data && zone.data.turn !== data.turn
  zone.data = data
  zone.hint.textContent = data.hint
  zone.button.setAttribute("aria-label", data.label)
  if (isNew || data.isFaulty) setBusy(zone, false)
  else setBusy(zone, zone.busy)
  if (data.isFaulty && isNew) requestAnimationFrame(() => comeIntoView(zone.root))
  return () => {
    zone.stop.abort()
    zone.fate?.disconnect()
    clearTimeout(zone.timer)
    zone.veil.remove()
    zones.delete(parentElement)
  }
}

function build(parentElement) {
  const root = parentElement.querySelector(".bring")
  const hint = element("span", "hint")
  const button = element("button", "action upload")
  const text = element("span", "")
  button.type = "button"
  button.append(drawing(UP), text)
  const veil = element("div", "veil")
  veil.popover = "manual"
  veil.textContent = "Drop the photo to shop it"
  root.replaceChildren(hint, button, veil)
  const place = parentElement.host?.closest(".st-key-photo_uploader")
  return { root, hint, button, text, veil, place, data: null, busy: false, depth: 0 }
}

// Streamlit's uploader is loaded a little after the page: who is quicker is waited for, as long as
// the browser still takes it for an answer to the click.
function soon(zone, act, tries = 40) {
  const found = input(zone)
  if (found) act(found)
  else if (tries > 0) setTimeout(() => soon(zone, act, tries - 1), 100)
}

function listen(zone) {
  zone.stop = new AbortController()
  const on = (target, name, act, capture = false) =>
    target?.addEventListener(name, act, { signal: zone.stop.signal, capture })
  zone.button.onclick = () => soon(zone, field => field.click())
  on(document, "recsys-upload", () => soon(zone, field => field.click()))
  on(document, "paste", event => onPaste(zone, event))
  on(document, "dragenter", event => onDrag(zone, event, 1))
  on(document, "dragleave", event => onDrag(zone, event, -1))
  on(document, "dragover", event => hasFiles(event) && event.preventDefault())
  on(document, "drop", event => onDrop(zone, event))
  // on the way down, before the uploader itself hears of it
  on(zone.place, "change", event => onChosen(zone, event), true)
  if (!zone.place) return
  // what it says of a file that did not get through, nobody sees
  zone.fate = new MutationObserver(() => {
    const failed = zone.place.querySelector("[aria-invalid=true], [role=alert]")
    if (zone.busy && failed) lose(zone)
  })
  zone.fate.observe(zone.place, { attributes: true, childList: true, subtree: true })
}

function input(zone) {
  return zone.place?.querySelector("input[type=file]")
}

function onPaste(zone, event) {
  const target = event.composedPath()[0]
  if (target?.matches?.("input:not([type=file]), textarea, [contenteditable]")) return
  const file = [...(event.clipboardData?.files ?? [])].find(f => f.type.startsWith("image/"))
  if (!file) return
  event.preventDefault()
  hand(zone, file)
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files")
}

function onDrag(zone, event, step) {
  if (!hasFiles(event)) return
  zone.depth = Math.max(0, zone.depth + step)
  if (zone.depth && !zone.veil.matches(":popover-open")) zone.veil.showPopover()
  if (!zone.depth) zone.veil.hidePopover()
}

function onDrop(zone, event) {
  zone.depth = 0
  zone.veil.hidePopover()
  if (!hasFiles(event)) return
  event.preventDefault()
  const [file] = event.dataTransfer.files
  if (file) hand(zone, file)
}

// Puts a file into the uploader as if it had been chosen there.
function hand(zone, file) {
  soon(zone, field => {
    const held = new DataTransfer()
    held.items.add(file)
    field.files = held.files
    field.dispatchEvent(new Event("change", { bubbles: true }))
  })
}

function onChosen(zone, event) {
  const [file] = event.target.files ?? []
  if (!file || event.target !== input(zone)) return
  const ending = /\.([^.]*)$/.exec(file.name)?.[1].toLowerCase() ?? ""
  const kind = /^image\/(\w+)$/.exec(file.type)?.[1] ?? ""
  const { endings, mostBytes } = zone.data
  if (file.size > mostBytes) return refuse(zone, event, { why: "size", bytes: file.size })
  if (endings.includes(ending)) return setBusy(zone, true)
  if (!endings.includes(kind)) return refuse(zone, event, { why: "kind", ending: ending || kind })
  // a photo without an ending, as telephones have them
  event.stopImmediatePropagation()
  hand(zone, new File([file], `photo.${kind}`, { type: file.type }))
}

function refuse(zone, event, value) {
  event.stopImmediatePropagation()
  event.target.value = ""
  zone.say(value)
}

function setBusy(zone, busy) {
  zone.busy = busy
  zone.button.setAttribute("aria-busy", String(busy))
  zone.button.disabled = busy
  zone.text.textContent = busy ? "Uploading…" : zone.data.label
  clearTimeout(zone.timer)
  if (busy) zone.timer = setTimeout(() => lose(zone), PATIENCE_MS)
}

function lose(zone) {
  setBusy(zone, false)
  zone.say({ why: "silence" })
}
