// A grid of pictures to pick from.
//
// The function runs again on every rerun, so it reconciles: a tile that stays keeps its
// element, and with it its focus and its loaded picture.

const PATIENCE_MS = 20000
const grids = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".tiles")
  let grid = grids.get(parentElement)
  if (!grid) {
    grid = { tiles: new Map(), current: null, selected: null, anchor: null }
    grids.set(parentElement, grid)
    list.addEventListener("click", event => onClick(event, list, grid))
    list.addEventListener("keydown", event => onKey(event, list, grid))
    list.addEventListener("focusin", event => onFocus(event, grid))
    watchPointing(list, grid)
    grid.observer = new ResizeObserver(() => holdStill(list, grid))
    grid.observer.observe(list)
  }
  grid.pick = id => setTriggerValue("picked", id)
  grid.act = (id, act) => setTriggerValue("acted", { id, act })
  update(list, grid, data, parentElement)
  return () => {
    stopPointing(grid)
    grid.observer.disconnect()
    grids.delete(parentElement)
  }
}

function update(list, grid, data, root) {
  list.setAttribute("aria-label", data.label)
  list.className = `tiles ${data.shape} ${data.size}`
  const focused = list.contains(root.activeElement) ? root.activeElement : null
  const focusedTile = focused?.closest(".row")?.querySelector(".tile")
  const focusedIndex = focusedTile ? buttons(list).indexOf(focusedTile) : -1

  const stood = placesOf(list, grid, data)
  const wanted = new Set(data.tiles.map(item => item.id))
  for (const [id, tile] of grid.tiles) {
    if (!wanted.has(id)) {
      tile.row.remove()
      grid.tiles.delete(id)
    }
  }
  let before = list.firstElementChild
  for (const item of data.tiles) {
    let tile = grid.tiles.get(item.id)
    if (!tile) {
      tile = makeTile(item)
      grid.tiles.set(item.id, tile)
    }
    fill(tile, item, data)
    if (tile.row === before) before = before.nextElementSibling
    else list.insertBefore(tile.row, before)
  }
  restoreFocus(list, grid, data, root, focused, focusedIndex)
  if (grid.view !== undefined && grid.view !== data.view) showTop(list)
  grid.view = data.view
  glide(grid, stood)
  pointAgain(list, grid, data)
}

// Pages are turned below the grid; what comes is read from its top.
function showTop(list) {
  if (list.getBoundingClientRect().top < 0) list.scrollIntoView({ block: "start" })
}

function restoreFocus(list, grid, data, root, focused, focusedIndex) {
  const all = buttons(list)
  const closed = grid.selected && !data.selected ? grid.tiles.get(grid.selected) : null
  grid.selected = data.selected
  if (!grid.tiles.has(grid.current)) {
    grid.current = data.selected && grid.tiles.has(data.selected) ? data.selected : null
  }
  if (!grid.current && all.length) grid.current = all[0].dataset.id
  for (const button of all) setTab(button, button.dataset.id === grid.current)
  if (focused && root.activeElement !== focused && all.length) {
    // moved, or gone: then the one that took its place
    const instead = Math.max(0, Math.min(focusedIndex, all.length - 1))
    const next = focused.isConnected ? focused : all[instead]
    next.focus({ preventScroll: focused.isConnected })
  } else if (closed) {
    takeBackFocus(closed.button, document.activeElement, performance.now() + PATIENCE_MS)
  }
}

// What showed this tile's product was closed, and focus with it. The grid may hear of it before
// the panel is gone, so it waits for focus to be nowhere, unless it is taken elsewhere.
function takeBackFocus(button, was, until) {
  if (document.activeElement === document.body) {
    button.focus({ preventScroll: true })
    button.scrollIntoView({ block: "nearest" })
  } else if (
    button.isConnected &&
    document.activeElement === was &&
    performance.now() < until
  ) {
    requestAnimationFrame(() => takeBackFocus(button, was, until))
  }
}

// one tile

function makeTile(item) {
  const row = element("li", "row")
  const button = element(item.href ? "a" : "button", "tile")
  if (item.href) button.href = item.href
  else button.type = "button"
  button.dataset.id = item.id
  const part = spans("picture", "badges", "bar", "title", "note", "score")
  part.remark = element("span", "note remark")
  part.meter = element("span", "meter", part.bar)
  part.title.dir = part.note.dir = "auto"
  const words = element("span", "words", part.title, part.note, part.remark, part.score)
  button.append(part.picture, part.badges, part.meter, words)
  row.append(button)
  return { row, button, ...part, image: null }
}

function fill(tile, item, data) {
  tile.button.setAttribute("aria-label", item.label)
  if (item.id === data.selected) tile.button.setAttribute("aria-current", "true")
  else tile.button.removeAttribute("aria-current")
  setText(tile.title, item.title)
  setText(tile.note, item.note)
  setText(tile.remark, item.remark)
  setText(tile.score, item.scoreText)
  tile.meter.hidden = item.score === null
  tile.meter.title = item.scoreMeans
  tile.meter.classList.toggle("relative", item.isRelative)
  if (item.score !== null) tile.bar.style.width = `${Math.round(item.score * 100)}%`
  fillBadges(tile.badges, item.badges)
  fillPicture(tile, item, data)
  fillActs(tile, item, data.acts ?? [])
}

function fillBadges(holder, badges) {
  const written = JSON.stringify(badges)
  if (holder.dataset.written === written) return
  holder.dataset.written = written
  holder.replaceChildren(
    ...badges.map(([text, kind]) => element("span", `badge ${kind}`, text)),
  )
}

function fillPicture(tile, item, data) {
  if (tile.image === item.image) return
  tile.image = item.image
  tile.picture.className = "picture"
  if (!item.image) return showNothing(tile.picture)
  const image = element("img", "")
  image.alt = item.alt
  image.loading = "lazy"
  image.decoding = "async"
  image.draggable = false
  image.sizes = data.size === "small" ? "120px" : "(max-width: 640px) 45vw, 240px"
  image.onload = () => tile.picture.classList.add("loaded")
  image.onerror = () => showNothing(tile.picture)
  showThumbnail(image, data.base, item.image, SIDES[0])
  tile.picture.replaceChildren(image)
  if (image.complete && image.naturalWidth) tile.picture.classList.add("loaded")
}

function showNothing(picture) {
  picture.replaceChildren(element("span", "", "No picture"))
  picture.classList.add("loaded", "empty")
}

// picking and moving

function onClick(event, list, grid) {
  const button = event.target.closest(".tile")
  if (!button) return
  setCurrent(list, grid, button)
  if (grid.pinned) pin(list, grid, grid.pinned) // what opens has a photo of its own to show
  if (button.href) return
  grid.anchor = { button, top: button.getBoundingClientRect().top, until: Date.now() + 2000 }
  grid.pick(button.dataset.id)
}

function onFocus(event, grid) {
  const button = event.target.closest(".tile")
  if (button) setCurrent(button.closest(".tiles"), grid, button)
}

function onKey(event, list, grid) {
  const all = buttons(list)
  const at = all.indexOf(event.target.closest(".tile"))
  const next = keyLeadsTo(event, all, at, columnsOf(all))
  if (!next) return
  setCurrent(list, grid, next)
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: "nearest" })
}

function setCurrent(list, grid, button) {
  if (grid.current === button.dataset.id) return
  grid.current = button.dataset.id
  for (const other of buttons(list)) setTab(other, other === button)
}

// The tile in the tab order brings its acts with it.
function setTab(button, inOrder) {
  for (const item of button.parentElement.querySelectorAll("button, a")) {
    item.tabIndex = inOrder ? 0 : -1
  }
}

function columnsOf(all) {
  const tops = all.map(button => button.getBoundingClientRect().top)
  const second = tops.findIndex(top => top > tops[0] + 4)
  return second < 0 ? all.length : second
}

// A panel that opens beside the grid makes it narrower and its rows longer; what was clicked
// must not run away from under the pointer.
function holdStill(list, grid) {
  const anchor = grid.anchor
  if (!anchor || Date.now() > anchor.until || !anchor.button.isConnected) return
  const moved = anchor.button.getBoundingClientRect().top - anchor.top
  if (Math.abs(moved) > 1) scroller(list)?.scrollBy({ top: moved, behavior: "instant" })
}

function scroller(list) {
  let node = list.getRootNode().host
  while (node && node !== document.body) {
    const { overflowY } = getComputedStyle(node)
    if (/auto|scroll/.test(overflowY) && node.scrollHeight > node.clientHeight) return node
    node = node.parentElement
  }
  return document.scrollingElement
}

// small helpers

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
  node.hidden = !text
}

function buttons(list) {
  return [...list.querySelectorAll(".tile")]
}
