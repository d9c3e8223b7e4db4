// When something was wrong on purpose, and so which failures are the server's own.

const spans = [];
let now = null;

/** Begins a fault. `searchesGoOn`: searches must be answered all the same. */
export function open(name, { searchesGoOn = false } = {}) {
  now = { name, from: Date.now(), to: Infinity, searchesGoOn, lost: 0, searches: 0 };
  spans.push(now);
}

/** The fault is over and the server well again; how many calls it cost, and searches it did not. */
export function close() {
  const { lost, searches } = now;
  now.to = Date.now();
  now = null;
  return { lost, searches };
}

/** The faults that a call met which began then and ended now. */
function met_since(begun) {
  const ended = Date.now();
  return spans.filter((span) => span.from <= ended && begun <= span.to);
}

export const isUntouched = (begun) => met_since(begun).length === 0;

/** Whether a call that began then may have failed now; its fault counts it. */
export function excuse(begun, isSearch) {
  const met = met_since(begun);
  const excused = met.length > 0 && !(isSearch && met.every((span) => span.searchesGoOn));
  if (excused) met[0].lost++;
  return excused;
}

/** A search that began then was answered now. */
export function noteSearch(begun) {
  for (const span of met_since(begun)) span.searches++;
}

/** For sentences. */
export function namesSince(begun) {
  return met_since(begun).map((span) => span.name).join(", ") || "no fault";
}
