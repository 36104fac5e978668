// A photo that is chosen, dropped or pasted goes into Streamlit's own uploader, which stands
// hidden beside this button, unless it can be seen here that it is no use. It is chosen here, and
// not there: a browser opens its list of files only in answer to a click, and Streamlit's uploader
// may still be loading then.

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
  zone.picker.accept = data.endings.map(ending => `.${ending}`).join()
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
  const picker = element("input", "")
  picker.type = "file"
  picker.hidden = true
  const veil = element("div", "veil")
  veil.popover = "manual"
  veil.textContent = "Drop the photo to shop it"
  root.replaceChildren(hint, button, picker, veil)
  const place = parentElement.host?.closest(".st-key-photo_uploader")
  return { root, hint, button, text, picker, veil, place, data: null, busy: false, depth: 0 }
}

function listen(zone) {
  zone.stop = new AbortController()
  const on = (target, name, act) =>
    target.addEventListener(name, act, { signal: zone.stop.signal })
  zone.button.onclick = () => zone.picker.click()
  zone.picker.onchange = () => {
    const [file] = zone.picker.files
    if (file) take(zone, file)
    zone.picker.value = "" // so that the same file can be chosen again
  }
  on(document, "recsys-upload", () => zone.busy || zone.picker.click())
  on(document, "paste", event => onPaste(zone, event))
  on(document, "dragenter", event => onDrag(zone, event, 1))
  on(document, "dragleave", event => onDrag(zone, event, -1))
  on(document, "dragover", event => hasFiles(event) && event.preventDefault())
  on(document, "drop", event => onDrop(zone, event))
  if (!zone.place) return
  // what it says of a file that did not get through, nobody sees
  zone.fate = new MutationObserver(() => {
    const failed = zone.place.querySelector("[aria-invalid=true], [role=alert]")
    if (zone.busy && failed) lose(zone)
  })
  zone.fate.observe(zone.place, { attributes: true, childList: true, subtree: true })
}

function onPaste(zone, event) {
  const target = event.composedPath()[0]
  if (target?.matches?.("input:not([type=file]), textarea, [contenteditable]")) return
  const file = [...(event.clipboardData?.files ?? [])].find(f => f.type.startsWith("image/"))
  if (!file) return
  event.preventDefault()
  take(zone, file)
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files")
}

function onDrag(zone, event, step) {
  if (!hasFiles(event)) return
  zone.depth = Math.max(0, zone.depth + step)
  const isOpen = zone.veil.matches(":popover-open")
  if (zone.depth && !isOpen && !zone.busy) zone.veil.showPopover()
  if (!zone.depth) zone.veil.hidePopover()
}

function onDrop(zone, event) {
  zone.depth = 0
  zone.veil.hidePopover()
  if (!hasFiles(event)) return
  event.preventDefault()
  const [file] = event.dataTransfer.files
  if (file) take(zone, file)
}

function take(zone, file) {
  if (zone.busy) return
  const ending = /\.([^.]*)$/.exec(file.name)?.[1].toLowerCase() ?? ""
  const kind = /^image\/(\w+)$/.exec(file.type)?.[1] ?? ""
  const { endings, mostBytes } = zone.data
  if (file.size > mostBytes) return zone.say({ why: "size", bytes: file.size })
  if (endings.includes(ending)) return send(zone, file)
  if (!endings.includes(kind)) return zone.say({ why: "kind", ending: ending || kind })
  // a photo without an ending, as telephones have them
  send(zone, new File([file], `photo.${kind}`, { type: file.type }))
}

// Puts a file into the uploader as if it had been chosen there, once that is loaded and connected.
function send(zone, file) {
  setBusy(zone, true)
  const hand = () => {
    if (!zone.busy || zone.stop.signal.aborted) return
    const field = zone.place?.querySelector("input[type=file]")
    if (!field || field.closest("[aria-disabled=true]")) return void setTimeout(hand, 100)
    const held = new DataTransfer()
    held.items.add(file)
    field.files = held.files
    field.dispatchEvent(new Event("change", { bubbles: true }))
  }
  hand()
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
