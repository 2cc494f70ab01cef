// When a message counts as read: it was in view for a second, in a window that has the focus.

const SEEN_MS = 1000;
/** More are told in the next call: the agent takes so many at once. */
const TOLD_MAX = 1000;

/** What is asked of the page it stands on, so that a test can stand in for it. */
export interface Surroundings {
  hasFocus: () => boolean;
  /** Calls with whether the element is in view, now and whenever that changes; answers how to end it. */
  observe: (element: Element, inView: (is: boolean) => void) => () => void;
  /** Calls whenever the focus comes or goes. */
  onFocus: (changed: () => void) => void;
}

export class Reading {
  #read: (ids: number[]) => void;
  #around: Surroundings;
  #inView = new Map<number, ReturnType<typeof setTimeout> | null>();
  #seen: number[] = [];

  constructor(read: (ids: number[]) => void, around: Surroundings) {
    this.#read = read;
    this.#around = around;
    around.onFocus(() => this.#inView.forEach((_, id) => this.#begin(id)));
  }

  /** Watches the element that shows an unread message; answers how to end it. */
  watch(element: Element, id: number): () => void {
    const end = this.#around.observe(element, (is) => {
      this.#stop(id);
      if (is) this.#begin(id);
      else this.#inView.delete(id);
    });
    return () => {
      end();
      this.#stop(id);
      this.#inView.delete(id);
    };
  }

  #begin(id: number): void {
    this.#stop(id);
    const timer = this.#around.hasFocus() ? setTimeout(() => this.#saw(id), SEEN_MS) : null;
    this.#inView.set(id, timer);
  }

  #stop(id: number): void {
    const timer = this.#inView.get(id);
    if (timer) clearTimeout(timer);
  }

  #saw(id: number): void {
    // Those that came into view together are told together.
    if (this.#seen.push(id) === 1) queueMicrotask(() => this.#read(this.#seen.splice(0, TOLD_MAX)));
  }
}

/** How much of an element is in view, told at each of these shares of it. */
const STEPS = Array.from({ length: 21 }, (_, step) => step / 20);

/** Whether half of an element is in view, or it fills half of the window: one that is taller than the window is
 * never in view as a whole. */
export function isInView(entry: IntersectionObserverEntry): boolean {
  if (!entry.isIntersecting) return false;
  const window = entry.rootBounds?.height ?? Infinity;
  return entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >= window / 2;
}

/** One observer for all elements: with one for each, every frame of scrolling would look at hundreds of them. */
function observing(): Surroundings["observe"] {
  const told = new WeakMap<Element, (is: boolean) => void>();
  let observer: IntersectionObserver | null = null;
  return (element, inView) => {
    observer ??= new IntersectionObserver(
      // The last word on an element counts.
      (entries) => entries.forEach((entry) => told.get(entry.target)?.(isInView(entry))),
      { threshold: STEPS },
    );
    told.set(element, inView);
    observer.observe(element);
    return () => {
      told.delete(element);
      observer?.unobserve(element);
    };
  };
}

/** The page itself. */
export const page: Surroundings = {
  hasFocus: () => document.hasFocus() && !document.hidden,
  observe: observing(),
  onFocus: (changed) => {
    addEventListener("focus", changed);
    addEventListener("blur", changed);
    document.addEventListener("visibilitychange", changed);
  },
};
