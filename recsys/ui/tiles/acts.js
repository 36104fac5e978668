// What tiles can do besides being picked: small buttons, telling a photo which tile is looked
// at, and gliding to a new place in a list. Part of tiles.js, which is put before it.

const ACT_ICONS = {
  more: "M7 11v9H4v-9zM7 11l4-7c1.7 0 2.5 1.3 2.1 2.9L12.5 9.5H18a2 2 0 0 1 2 2.4l-1.4 6.5A2 2 0 0 1 16.6 20H7",
  where: "M12 3v4M12 17v4M3 12h4M17 12h4M12 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10",
}
ACT_ICONS.less = ACT_ICONS.more

function fillActs(tile, item, acts) {
  const written = JSON.stringify([acts, item.title])
  if (tile.acts?.dataset.written !== written) {
    tile.acts?.remove()
    tile.acts = null
    if (!acts.length) return
    tile.acts = element("span", "acts")
    tile.acts.dataset.written = written
    for (const [act, label] of acts) tile.acts.append(actButton(item, act, label))
    tile.row.append(tile.acts)
    setTab(tile.button, tile.button.tabIndex === 0)
  }
  for (const button of tile.acts.children) {
    if (button.dataset.act === "where") continue
    button.setAttribute("aria-pressed", item.pressed.includes(button.dataset.act))
  }
}

function actButton(item, act, label) {
  const button = element("button", `act ${act}`)
  button.type = "button"
  button.dataset.act = act
  button.dataset.of = item.id
  button.title = label
  button.setAttribute("aria-label", `${label}: ${item.title || item.id}`)
  button.setAttribute("aria-pressed", "false")
  button.append(drawing(ACT_ICONS[act] ?? ""))
  return button
}

// A photo elsewhere on the page shows where a tile was found. It is told the tile's id and
// nothing else, and looks that up among what it was given itself.

function watchPointing(list, grid) {
  grid.pinned = null
  list.addEventListener("click", event => {
    const button = event.target.closest(".act")
    if (!button) return
    if (button.dataset.act === "where") pin(list, grid, button.dataset.of)
    else grid.act(button.dataset.of, button.dataset.act)
  })
  list.addEventListener("pointerover", event => {
    grid.byTouch = event.pointerType === "touch"
    if (!grid.byTouch) point(grid, idAt(event.target))
  })
  list.addEventListener("pointerleave", () => point(grid, focusedId(list)))
  list.addEventListener("focusin", event => {
    if (event.target.matches(":focus-visible")) point(grid, idAt(event.target))
  })
  list.addEventListener("focusout", event => {
    if (!list.contains(event.relatedTarget)) point(grid, null)
  })
  list.addEventListener("keydown", event => {
    if (event.key === "Escape" && grid.pinned) pin(list, grid, grid.pinned)
  })
}

function idAt(node) {
  return node.closest(".row")?.querySelector(".tile").dataset.id ?? null
}

function focusedId(list) {
  const focused = list.getRootNode().activeElement
  return focused && list.contains(focused) && focused.matches(":focus-visible")
    ? idAt(focused)
    : null
}

function pin(list, grid, id) {
  grid.pinned = grid.pinned === id ? null : id
  markPinned(list, grid)
  point(grid, grid.pinned ?? focusedId(list))
}

function markPinned(list, grid) {
  for (const button of list.querySelectorAll(".act.where")) {
    button.setAttribute("aria-pressed", button.dataset.of === grid.pinned)
  }
}

function point(grid, id) {
  if (!grid.pointsTo) return
  const detail = { photo: grid.pointsTo, id: id ?? grid.pinned }
  document.dispatchEvent(new CustomEvent("recsys-point", { detail }))
}

function pointAgain(list, grid, data) {
  if (grid.pinned && !grid.tiles.has(grid.pinned)) grid.pinned = null
  grid.pointsTo = data.pointsTo
  if (!grid.pointsTo) return
  markPinned(list, grid)
  // what a finger has tapped counts as hovered until it taps elsewhere
  const under = grid.byTouch ? null : (list.querySelector(".row:hover .tile")?.dataset.id ?? null)
  point(grid, under ?? focusedId(list))
}

function stopPointing(grid) {
  grid.pinned = null
  point(grid, null)
}

// A list in a new order: tiles glide from where they stood, so that one sees what moved.

function placesOf(list, grid, data) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches
  const before = buttons(list).map(button => button.dataset.id)
  const kept = new Set(data.tiles.map(item => item.id))
  const after = data.tiles.map(item => item.id).filter(id => grid.tiles.has(id))
  const same = before.filter(id => kept.has(id)).join() === after.join()
  if (calm || same || !data.acts?.length) return null
  return new Map(before.map(id => [id, grid.tiles.get(id).row.getBoundingClientRect()]))
}

function glide(grid, stood) {
  if (!stood) return
  for (const [id, tile] of grid.tiles) {
    const from = stood.get(id)
    const to = tile.row.getBoundingClientRect()
    const [x, y] = from ? [from.left - to.left, from.top - to.top] : [0, 0]
    if (from && !x && !y) continue
    const start = from ? { transform: `translate(${x}px, ${y}px)` } : { opacity: 0 }
    tile.row.animate([start, { transform: "none", opacity: 1 }], {
      duration: 320,
      easing: "cubic-bezier(0.2, 0.7, 0.2, 1)",
    })
  }
}
