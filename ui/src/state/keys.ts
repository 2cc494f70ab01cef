// When a key is meant for the page: not while it writes in a field, and not while a dialog asks.

/** Whether a key is one of the page's, pressed alone. */
export function isForPage(event: KeyboardEvent): boolean {
  if (event.altKey || event.metaKey || event.ctrlKey || event.defaultPrevented) return false;
  return !isWriting(event) && document.querySelector("dialog[open], [role=menu]") === null;
}

/** Whether a key writes in a field. */
export function isWriting(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.matches("input, select, textarea");
}
