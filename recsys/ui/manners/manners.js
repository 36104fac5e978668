// Two things that Streamlit leaves undone: on a phone, its menu stays open over the page that was
// chosen in it; and a popover that is opened by keyboard leaves focus on its button, while its
// body stands at the end of the document.
//
// This reaches into Streamlit's own elements, by the names that the pinned version gives them.
// Under another version these may be gone, and then nothing happens here: the tests in
// tests/browser/test_popovers.py fail when that is so.

const MENU_COVERS_BELOW_PX = 768 // Streamlit's own bound
const PATIENCE_MS = 5000 // what is in a popover may come with a rerun
const NAMED = name => `[data-testid=${name}]`
const FOCUSABLE = "a[href], button, input, select, textarea, [tabindex]"
// The "?" beside a field comes before it, but would open its tooltip over it.
const HELP = NAMED("stTooltipIcon")
const COMING = NAMED("stSkeleton") // holds the place of a widget whose script is on its way

let current = null // the page that comes is there before the page that goes has left

export default function () {
  current?.abort()
  const mine = (current = new AbortController())
  listen(mine.signal)
  return () => mine.abort()
}

function listen(signal) {
  let entry = null
  let isEnterDown = false
  const on = (target, name, act, capture) =>
    target.addEventListener(name, act, { signal, capture })
  const release = () => {
    isEnterDown = false
    entry?.look()
  }
  on(document, "keydown", event => (isEnterDown ||= event.key === "Enter"), true)
  on(document, "keyup", event => event.key === "Enter" && release(), true)
  on(window, "blur", release)
  // before Streamlit hears of it, so that what is closed can be told from what is open
  const onPress = event => {
    entry?.stop()
    entry = opensByKeyboard(event) ? enter(event, () => isEnterDown) : null
  }
  on(document, "click", onPress, true)
  on(document, "click", closeMenu, false) // after it, so that the link has led on
  signal.addEventListener("abort", () => entry?.stop())
}

function closeMenu(event) {
  const leadsElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
  if (window.innerWidth >= MENU_COVERS_BELOW_PX || leadsElsewhere) return
  if (!event.target.closest?.(NAMED("stSidebarNavLink"))) return
  document.querySelector(`${NAMED("stSidebarCollapseButton")} button`)?.click()
}

// A click that no pointer made, which is one by keyboard or by a screen reader.
function opensByKeyboard(event) {
  const button = event.target.closest?.(NAMED("stPopoverButton"))
  return button && event.detail === 0 && button.ariaExpanded !== "true"
}

// Moves focus into the popover as soon as there is something to focus, unless it went elsewhere
// meanwhile. Not while Enter is down: held, it would press what it finds there.
function enter(event, isEnterDown) {
  const button = event.target.closest(NAMED("stPopoverButton"))
  const bodies = () => [...document.querySelectorAll(NAMED("stPopoverBody"))]
  const before = new Set(bodies())
  const watch = new MutationObserver(() => look())
  const timer = setTimeout(() => stop(), PATIENCE_MS)
  const stop = () => {
    watch.disconnect()
    clearTimeout(timer)
  }
  const look = () => {
    const at = document.activeElement
    if (at !== button && at !== document.body) return stop()
    const body = bodies().find(one => !before.has(one))
    if (!body || isEnterDown() || body.querySelector(COMING)) return
    const first = firstIn(body)
    if (!first) return
    stop()
    first.focus({ preventScroll: true }) // it may not have been put in its place yet
  }
  watch.observe(document.body, { attributes: true, childList: true, subtree: true })
  return { look, stop }
}

function firstIn(root) {
  for (const node of root.querySelectorAll("*")) {
    const isOpen = node.matches(FOCUSABLE) && node.tabIndex >= 0 && !node.disabled
    if (isOpen && !node.closest(HELP) && node.checkVisibility({ visibilityProperty: true }))
      return node
    const inside = node.shadowRoot && firstIn(node.shadowRoot)
    if (inside) return inside
  }
  return null
}
