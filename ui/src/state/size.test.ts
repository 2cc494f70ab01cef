import { expect, test } from "vitest";
import { size } from "./size";

test("a size has the unit that gives it few digits", () => {
  const sizes = [0, 999, 1000, 2_345_678, 999_999_999, 5_000_000_000_000];
  const shown = sizes.map((bytes) => size(bytes, "en"));
  expect(shown).toEqual(["0 byte", "999 byte", "1 kB", "2.3 MB", "1,000 MB", "5,000 GB"]);
});
