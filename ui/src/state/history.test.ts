import { expect, test } from "vitest";
import { wordsFor } from "../i18n";
import { known, marks, missed, title, TIMELINE_MS } from "./history";
import { ago, NOW, outage, span } from "./samples";

const en = wordsFor("en");
const plain = (text: string | null) => text?.replaceAll("\u00a0", " ");
const titleOf = (entry: Parameters<typeof title>[0]) => plain(title(entry, NOW, en));

test("an outage says how long it was, or is so far", () => {
  expect(titleOf(outage())).toBe("Lost for 1 min");
  expect(titleOf(outage({ recovered: null }))).toBe("Lost for 10 min so far");
  expect(titleOf(outage({ last_heard: null, recovered: null }))).toBe(
    "Not connected for 10 min so far",
  );
});

test("a span says what it was", () => {
  expect(titleOf(span({ span: "asleep" }))).toBe("The computer slept for 5 min");
  expect(titleOf(span({ to: null }))).toBe("Paused for 5 min");
});

test("what may have been missed counts from the last line heard", () => {
  expect(missed(outage(), en)).toBe(null);
  expect(missed(outage({ gap: true }), en)).toBe("May have missed 11:48–11:51");
  expect(missed(outage({ gap: true, recovered: null }), en)).toMatch(/–now$/);
});

test("the timeline shows the subscription's own entries and those of all", () => {
  const entries = [outage(), outage({ id: 3, subscription: "b" }), span()];
  expect(marks(entries, "a", NOW).map((mark) => mark.id)).toEqual([2, 1]);
});

test("a mark is cut to the timeline, and never too narrow to be seen", () => {
  const day = TIMELINE_MS / 1000;
  const [long] = marks([outage({ noticed: ago(day * 2), recovered: null })], "a", NOW);
  expect(long).toMatchObject({ start: 0, width: 1 });
  const [short] = marks([outage({ noticed: ago(1), recovered: ago(0) })], "a", NOW);
  expect(short!.width).toBeGreaterThan(1 / day);
  expect(short!.start + short!.width).toBeLessThanOrEqual(1);
  expect(marks([outage({ noticed: ago(day * 3), recovered: ago(day * 2) })], "a", NOW)).toEqual([]);
});

test("nothing is claimed of the time before a link's history is known", () => {
  const half = known(ago(TIMELINE_MS / 2000), NOW);
  expect(half).toEqual({ start: 0.5, width: 0.5 });
  expect(known(ago((TIMELINE_MS / 1000) * 9), NOW)).toEqual({ start: 0, width: 1 });
  expect(known(ago(0), NOW).width).toBeGreaterThan(0);
});
