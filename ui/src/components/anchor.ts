// Keeps what is being read in its place while something is put above it, or goes from there. Some web engines do so by
// themselves (CSS `overflow-anchor`); WebKit does not.

/** The rows that are in view, from the top. */
function inView(rows: string): Element[] {
  const all = [...document.querySelectorAll(rows)];
  const isPast = (row: Element) => row.getBoundingClientRect().bottom > 0;
  // They follow each other: half of them is left out with each look.
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isPast(all[middle]!)) high = middle;
    else low = middle + 1;
  }
  const first = low;
  let end = first;
  while (end < all.length && all[end]!.getBoundingClientRect().top < innerHeight) end += 1;
  return all.slice(first, end);
}

/** Looks where the visible rows are; the answer puts the first of them that is left back there. */
export function anchor(rows: string): () => void {
  if (scrollY === 0) return () => {};
  const seen = inView(rows).map((row) => ({ row, top: row.getBoundingClientRect().top }));
  return () => {
    const left = seen.find(({ row }) => row.isConnected);
    const moved = left ? left.row.getBoundingClientRect().top - left.top : 0;
    if (moved !== 0) scrollBy(0, moved);
  };
}

/** The message whose row is the first one in view; null where none is. */
export function placeOf(rows: string): number | null {
  const id = inView(rows)[0]?.getAttribute("data-id");
  return id ? Number(id) : null;
}
