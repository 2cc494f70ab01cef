// When a key is meant for the page: not while it writes in a field, and not while a dialog asks.

/** Whether a key is one of the page's, pressed alone or with Control. */
export function isForPage(event: KeyboardEvent, control = false): boolean {
  if (event.altKey || event.metaKey || event.ctrlKey !== control) return false;
  if (event.defaultPrevented || isWriting(event)) return false;
  return document.querySelector("dialog[open], [role=menu]") === null;
}

/** Whether a key, or what is pasted, goes into a field. */
export function isWriting(event: Event): boolean {
  return event.target instanceof Element && event.target.matches("input, select, textarea");
}
