// Axes: where a value lies on one, 0 to 1, and what is written beside it.

const SPACE = "http://www.w3.org/2000/svg"

function shape(name, attributes = {}, className = "") {
  const node = document.createElementNS(SPACE, name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
  if (className) node.setAttribute("class", className)
  return node
}

function shareOf(axis, value) {
  if (value === null || value === undefined) return null
  const last = axis.choices.length
  if (last) return (value + 0.5) / last
  const [low, high, at] = axis.isLog
    ? [Math.log(axis.low), Math.log(axis.high), Math.log(value)]
    : [axis.low, axis.high, value]
  return high > low ? (at - low) / (high - low) : 0.5
}

function valueAt(axis, share) {
  const inside = Math.min(1, Math.max(0, share))
  if (axis.choices.length) {
    return Math.min(axis.choices.length - 1, Math.floor(inside * axis.choices.length))
  }
  const value = axis.isLog
    ? axis.low * (axis.high / axis.low) ** inside
    : axis.low + (axis.high - axis.low) * inside
  return Number(value.toPrecision(6))
}

// What is kept of an axis as shares: a choice is as broad as its place.
function spanOf(axis, range) {
  if (!range) return [0, 1]
  const half = axis.choices.length ? 0.5 / axis.choices.length : 0
  const [low, high] = range.map(value => shareOf(axis, value))
  return [Math.max(0, low - half), Math.min(1, high + half)]
}

function isWhole(axis, range) {
  const [low, high] = spanOf(axis, range)
  return low < 1e-6 && high > 1 - 1e-6
}

// The ends of what is kept have six digits; what lies on one passes.
function passes(axis, range, value) {
  if (!range) return true
  const share = shareOf(axis, value)
  if (share === null) return false
  const [low, high] = spanOf(axis, range)
  return share >= low - 1e-5 && share <= high + 1e-5
}

function wordsAt(axis, value) {
  if (axis.choices.length) return axis.choices[Math.round(value)] ?? ""
  return numberWords(value)
}

function numberWords(value) {
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size < 1e-4 || size >= 1e6) return value.toExponential(1).replace(".0e", "e").replace("-", "−")
  return value.toLocaleString("en", { maximumSignificantDigits: 3 }).replace("-", "−")
}

function ticksOf(axis, most) {
  if (axis.choices.length) return axis.choices.map((_, at) => at)
  const all = axis.isLog ? logarithmicTicks(axis, most) : evenTicks(axis, most)
  return all.filter(value => value >= axis.low * (1 - 1e-9) && value <= axis.high * (1 + 1e-9))
}

function logarithmicTicks(axis, most) {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const found = []
    const end = Math.ceil(Math.log10(axis.high))
    for (let power = Math.floor(Math.log10(axis.low)); power <= end; power += 1) {
      for (const step of steps) found.push(Number((step * 10 ** power).toPrecision(6)))
    }
    const inside = found.filter(value => value >= axis.low && value <= axis.high)
    if (inside.length <= most) return inside.length > 1 ? inside : [axis.low, axis.high]
  }
  return [axis.low, axis.high]
}

function evenTicks(axis, most) {
  const rough = (axis.high - axis.low) / Math.max(1, most - 1)
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map(part => part * size).find(part => part >= rough * 0.999)
  const found = []
  for (let at = Math.ceil(axis.low / step - 1e-6); at * step <= axis.high + step * 1e-6; at += 1) {
    found.push(Number((at * step).toPrecision(6)))
  }
  return found
}

// Between the colours of a ramp, by a share from 0 to 1.
function between(ramp, share) {
  const at = Math.min(1, Math.max(0, share)) * (ramp.length - 1)
  const from = Math.min(ramp.length - 2, Math.floor(at))
  const [one, other] = [ramp[from], ramp[from + 1]].map(parts)
  const mixed = one.map((part, index) => Math.round(part + (other[index] - part) * (at - from)))
  return `rgb(${mixed.join(" ")})`
}

function parts(colour) {
  return [1, 3, 5].map(start => parseInt(colour.slice(start, start + 2), 16))
}
