import { expect, test } from "vitest";
import { Draft } from "./draft.svelte";

const url = "https://a.example/x";

test("what is typed is handed over for the address that it is sent to, and then is no more there", async () => {
  const draft = new Draft(null, url);
  draft.choose("token");
  draft.type("bearer", "one");
  draft.set("publish.url", "https://b.example/");
  draft.chooseSending("token");
  draft.type("publish.bearer", "two");
  const given: string[][] = [];
  await draft.keepTyped((...asked) => {
    given.push(asked);
    return Promise.resolve({ kept: asked[1]!.toUpperCase() });
  });
  expect(given).toEqual([
    [url, "one"],
    ["https://b.example/", "two"],
  ]);
  expect(draft.typed).toEqual({});
  expect(draft.values["bearer"]).toEqual({ kept: "ONE" });
});

test("one that is refused stays typed", async () => {
  const draft = new Draft(null, url);
  draft.choose("token");
  draft.type("bearer", "one");
  await expect(draft.keepTyped(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(draft.typed).toEqual({ bearer: "one" });
});

test("a draft says what it lacks, and where", () => {
  const draft = new Draft(null, "");
  expect(draft.lacks(true)).toEqual(["addressWanted", "url"]);
  expect(draft.lacks(false)).toBe(null);
  draft.set("url", url);
  draft.choose("token");
  expect(draft.lacks(true)).toEqual(["tokenWanted", "bearer"]);
  draft.move("file");
  expect(draft.lacks(true)).toEqual(["placeWanted", "bearer"]);
  draft.choose("user");
  expect(draft.lacks(true)).toEqual(["userWanted", "basic.user"]);
});

test("what the file says anew is taken, but for what the person has changed, which is said", () => {
  const draft = new Draft("a", "");
  draft.take({ url, name: "A" });
  draft.set("name", "Mine");
  draft.take({ url: "https://b.example/", name: "Theirs", bearer: { file: "/t" } });
  expect([draft.url, draft.values["name"], draft.access]).toEqual([
    "https://b.example/",
    "Mine",
    "token",
  ]);
  expect([draft.conflicts, draft.place]).toEqual([["name"], "file"]);
  draft.set("name", "Theirs");
  expect(draft.conflicts).toEqual([]);
  draft.choose("none");
  expect("bearer" in draft.values).toBe(false);
  draft.chooseThatOfTheFile();
  expect(draft.values["bearer"]).toEqual({ file: "/t" });
});
