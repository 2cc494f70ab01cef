import { beforeEach, describe, expect, test, vi } from "vitest";
import { isInView, Reading } from "./reading";

const row = {} as Element;

describe("a message is read", () => {
  let focus = true;
  let changed: () => void;
  let inView: ((is: boolean) => void)[];
  let read: number[][];
  let reading: Reading;

  beforeEach(() => {
    vi.useFakeTimers();
    [focus, inView, read] = [true, [], []];
    reading = new Reading((ids) => read.push(ids), {
      hasFocus: () => focus,
      observe: (_, hear) => {
        inView.push(hear);
        return () => undefined;
      },
      onFocus: (hear) => (changed = hear),
    });
  });

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const focused = (is: boolean) => {
    focus = is;
    changed();
  };

  test("after a second in view, those that came together in one call", async () => {
    reading.watch(row, 1);
    reading.watch(row, 2);
    inView.forEach((hear) => hear(true));
    await pass(999);
    expect(read).toEqual([]);
    await pass(1);
    expect(read.flat()).toEqual([1, 2]);
    await pass(5000);
    expect(read.flat()).toEqual([1, 2]);
  });

  test("not while it is scrolled by", async () => {
    reading.watch(row, 1);
    inView[0]?.(true);
    await pass(500);
    inView[0]?.(false);
    await pass(5000);
    expect(read).toEqual([]);
  });

  test("not in a window without the focus, and once it has it", async () => {
    focused(false);
    reading.watch(row, 1);
    inView[0]?.(true);
    await pass(5000);
    focused(true);
    await pass(500);
    focused(false);
    await pass(5000);
    expect(read).toEqual([]);
    focused(true);
    await pass(1000);
    expect(read).toEqual([[1]]);
  });

  test("not once its row is gone", async () => {
    const end = reading.watch(row, 1);
    inView[0]?.(true);
    end();
    focused(true);
    await pass(5000);
    expect(read).toEqual([]);
  });
});

test("what is taller than the window is in view where it fills half of it", () => {
  const seen = (ratio: number, height: number, isIntersecting = true) =>
    isInView({
      isIntersecting,
      intersectionRatio: ratio,
      intersectionRect: { height },
      rootBounds: { height: 600 },
    } as IntersectionObserverEntry);
  expect(seen(0.5, 40)).toBe(true);
  expect(seen(0.4, 40)).toBe(false);
  expect(seen(0.1, 300)).toBe(true);
  expect(seen(0.1, 299)).toBe(false);
  expect(seen(0, 0, false)).toBe(false);
});
