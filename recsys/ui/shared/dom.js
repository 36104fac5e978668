// Elements, icons and pictures for all our components. Text only ever arrives as text: nothing
// from a catalogue is parsed as markup.

const SIDES = [240, 480, 960]

function element(name, className, ...content) {
  const node = document.createElement(name)
  if (className) node.className = className
  node.append(...content) // what is no element becomes text
  return node
}

// Several spans, by the names of their classes.
function spans(...names) {
  return Object.fromEntries(names.map(name => [name, element("span", name)]))
}

function drawing(path) {
  const space = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(space, "svg")
  const line = document.createElementNS(space, "path")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  line.setAttribute("d", path)
  svg.append(line)
  return svg
}

// A thumbnail in the size that the browser needs; `usual` is for one that cannot choose.
function showThumbnail(image, base, name, usual) {
  image.srcset = SIDES.map(side => `${base}${name}-${side}.webp ${side}w`).join(", ")
  image.src = `${base}${name}-${usual}.webp`
}

// What opens off screen would look as if nothing had happened.
function comeIntoView(node) {
  const box = node.getBoundingClientRect()
  if (box.top >= 0 && box.top <= window.innerHeight * 0.6) return
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches
  node.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" })
}
