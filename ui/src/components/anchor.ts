// Keeps what is being read in its place while something is put above it. Some web engines do so by
// themselves (CSS `overflow-anchor`); WebKit does not.

/** Looks where the first visible row is; the answer puts it back there. */
export function anchor(rows: string): () => void {
  if (scrollY === 0) return () => {};
  for (const row of document.querySelectorAll(rows)) {
    const { top, bottom } = row.getBoundingClientRect();
    if (bottom > 0) return () => scrollBy(0, row.getBoundingClientRect().top - top);
  }
  return () => {};
}
