import { expect, test } from "vitest";
import type { UsualRules } from "../api";
import { draftOf, keepDraft, sameUsual, withWord } from "./rules";

const usual: UsualRules = { from: 1, never: [], only: [], sound: null, pictures: false };

test("a draft is kept until it is dropped", () => {
  expect(draftOf("a")).toBeNull();
  const draft = { view: "usual", usual, text: "", told: "", hours: null } as const;
  keepDraft("a", draft);
  expect(draftOf("a")).toEqual(draft);
  expect(draftOf("b")).toBeNull();
  keepDraft("a", null);
  expect(draftOf("a")).toBeNull();
});

test("wishes are the same by what they say", () => {
  expect(sameUsual(usual, { pictures: false, sound: null, only: [], never: [], from: 1 })).toBe(
    true,
  );
  expect(sameUsual(usual, { ...usual, never: ["a"] })).toBe(false);
  expect(sameUsual(usual, null)).toBe(false);
  expect(sameUsual(null, null)).toBe(true);
});

test("words are added once, and trimmed", () => {
  expect(withWord(["a"], " b  c ")).toEqual(["a", "b c"]);
  expect(withWord(["a"], "a")).toEqual(["a"]);
  expect(withWord(["a"], " ")).toEqual(["a"]);
});
