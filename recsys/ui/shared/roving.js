// One stop for Tab in a list of buttons; arrows, Home and End go through it from there.

// The button that a key leads to, or null. In a list without columns, the arrows to the sides
// mean nothing.
function keyLeadsTo(event, all, at, columns = 0) {
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return null
  const line = columns || 1
  const steps = { ArrowDown: at + line, ArrowUp: at - line, Home: 0, End: all.length - 1 }
  if (columns) Object.assign(steps, { ArrowRight: at + 1, ArrowLeft: at - 1 })
  if (!(event.key in steps)) return null
  event.preventDefault()
  return all[steps[event.key]] ?? null
}
