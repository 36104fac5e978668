// Where a product was found: the score of every region as colours over the photo, the winning
// region framed. Part of photo.js.

const HEAT_WIDTH_PX = 48
// From the worst fit to the best: a dark veil that opens into warm light. [at, r, g, b, alpha]
const RAMP = [
  [0, 12, 10, 40, 0.68],
  [0.35, 62, 18, 98, 0.58],
  [0.6, 168, 44, 96, 0.52],
  [0.8, 240, 112, 48, 0.54],
  [1, 255, 222, 110, 0.58],
]
const COLOURS = Array.from({ length: 101 }, (_, level) => colourAt(level / 100))

function onPoint(photo, detail) {
  if (!photo.data || detail?.photo !== photo.data.key) return
  const id = typeof detail.id === "string" ? detail.id : null
  if (id === photo.pointed) return
  photo.pointed = id
  showHeat(photo)
}

function showHeat(photo) {
  const { heat, pinned } = photo.data
  const id = photo.pointed ?? (pinned || null)
  const found = heat && id !== null && Object.hasOwn(heat.found, id) ? heat.found[id] : null
  photo.shown = found && photo.data.image ? id : null
  for (const view of [photo.main, photo.inset]) {
    view.heat.hidden = !photo.shown
    view.winner.hidden = !photo.shown || found.winner === null
    if (!photo.shown) continue
    paint(photo, view.heat, heat.boxes, found.levels)
    if (found.winner !== null) place(view.winner, heat.boxes[found.winner])
  }
  photo.main.stage.classList.toggle("hot", Boolean(photo.shown))
  photo.root.dataset.shown = photo.shown ?? ""
  tell(photo, heat, found)
  showInset(photo)
}

function tell(photo, heat, found) {
  photo.name.classList.toggle("unseen", Boolean(found)) // what is found takes its line
  photo.scale.hidden = !found
  photo.told.hidden = !heat
  if (!heat) return
  photo.told.replaceChildren()
  if (!found) {
    const how = matchMedia("(hover: none)").matches ? "Tap the target on" : "Point at"
    photo.told.textContent = `${how} a product to see where in the photo it was found.`
    return
  }
  const where = element("strong", "")
  const title = element("bdi", "")
  where.textContent = found.place
  title.textContent = found.title
  photo.told.append(where, " · ", title)
  photo.scale.children[2].textContent = heat.note
}

function buildScale(scale) {
  const bar = element("span", "bar")
  const stops = RAMP.map(([at, r, g, b]) => `rgb(${r} ${g} ${b}) ${100 * at}%`)
  bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`
  const [low, high] = [element("span", "unseen"), element("span", "note")]
  low.textContent = "From low, dark, to high, bright."
  scale.append(low, bar, high)
  scale.hidden = true
}

// When the photo itself is out of sight, as on a phone, a small one comes into a corner.
function showInset(photo) {
  const { stage } = photo.inset
  // what stays pinned beside an open product needs none
  const wanted = Boolean(photo.shown && photo.pointed) && !photo.visible
  if (wanted === stage.isConnected) return
  if (!wanted) return stage.remove()
  photo.root.append(stage)
  stage.showPopover()
}

function paint(photo, canvas, boxes, levels) {
  const kernel = kernelFor(photo, boxes)
  if (canvas.width !== kernel.width) canvas.width = kernel.width
  if (canvas.height !== kernel.height) canvas.height = kernel.height
  const context = canvas.getContext("2d")
  const image = context.createImageData(kernel.width, kernel.height)
  const count = boxes.length
  for (let pixel = 0; pixel < kernel.width * kernel.height; pixel++) {
    let level = 0
    for (let box = 0; box < count; box++) level += kernel.weights[pixel * count + box] * levels[box]
    image.data.set(COLOURS[Math.min(100, Math.max(0, Math.round(level)))], 4 * pixel)
  }
  context.putImageData(image, 0, 0)
}

// What each region adds to each pixel: a soft spot around its middle, as wide as the region.
// The same for every product, so it is worked out once a photo.
function kernelFor(photo, boxes) {
  const key = JSON.stringify(boxes)
  if (photo.kernels.has(key)) return photo.kernels.get(key)
  const ratio = photo.ratio || 2 / 3
  const width = HEAT_WIDTH_PX
  const height = Math.max(8, Math.min(160, Math.round(width / ratio)))
  const weights = new Float32Array(width * height * boxes.length)
  const spots = boxes.map(([l, t, r, b]) => [(l + r) / 2, (t + b) / 2, 0.42 * (r - l), 0.42 * (b - t)])
  for (let pixel = 0; pixel < width * height; pixel++) {
    const x = ((pixel % width) + 0.5) / width
    const y = (Math.floor(pixel / width) + 0.5) / height
    let total = 0
    const at = pixel * boxes.length
    spots.forEach(([cx, cy, sx, sy], box) => {
      const away = ((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2
      total += weights[at + box] = Math.exp(-0.5 * Math.min(away, 100)) + 1e-20
    })
    for (let box = 0; box < boxes.length; box++) weights[at + box] /= total
  }
  const kernel = { width, height, weights }
  photo.kernels.set(key, kernel)
  return kernel
}

function colourAt(level) {
  const upper = Math.max(1, RAMP.findIndex(([at]) => at >= level))
  const [from, to] = [RAMP[upper - 1], RAMP[upper]]
  const part = (level - from[0]) / (to[0] - from[0])
  const mixed = from.map((value, index) => value + part * (to[index] - value))
  return [mixed[1], mixed[2], mixed[3], 255 * mixed[4]].map(Math.round)
}
