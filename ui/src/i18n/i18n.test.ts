import { expect, test } from "vitest";
import failures from "../../../src-tauri/crates/engine/src/failure.rs?raw";
import health from "../../../src-tauri/crates/engine/src/health.rs?raw";
import { wordsFor } from ".";

test.each([
  ["en-US", "en"],
  ["de", "en"],
  ["zh-CN", "zh-Hans"],
  ["zh", "zh-Hans"],
])("a person who speaks %s reads %s", (tag, lang) => {
  expect(wordsFor(tag).lang).toBe(lang);
});

const cause = (code: string) =>
  wordsFor("zh").cause({ class: "network", code, sentence: "The agent's own words." });

test("every reason that the agent may give has a translation", () => {
  const codes = [...failures.matchAll(/=> "([^"]+)"\.into\(\)/g)].map((match) => match[1]!);
  expect(codes.length).toBeGreaterThan(15);
  expect(codes.filter((code) => cause(code) === "The agent's own words.")).toEqual([]);
});

test("all that may not be well has a translation", () => {
  const codes = [...health.matchAll(/=> "([a-z_]+)",/g)].map((match) => match[1]!);
  expect(codes.length).toBeGreaterThan(5);
  const said = (code: string) =>
    wordsFor("zh").condition({
      code,
      severity: "error",
      subscription: null,
      sentence: "Own words.",
    });
  expect(codes.filter((code) => said(code) === "Own words.")).toEqual([]);
  expect(said("a new code")).toBe("Own words.");
});

test("a reason is translated by its code, and falls back to the agent's sentence", () => {
  expect(cause("end of stream")).toBe("服务器结束了数据流。");
  expect(cause("HTTP 418")).toBe("服务器返回 HTTP 418。");
  expect(cause("certificate")).toContain("The agent's own words.");
  expect(cause("a new code")).toBe("The agent's own words.");
});
