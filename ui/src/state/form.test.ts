import { expect, test } from "vitest";
import type { Found } from "../api";
import {
  accessOf,
  changed,
  differing,
  headersOf,
  isAddress,
  merged,
  namedPlace,
  placeOf,
  question,
  request,
  secretOf,
  withAccess,
} from "./form";

const found: Found = {
  url: "https://a.example/x/sse",
  recognised: { feed: "ntfy", called: "ntfy", certainty: "sure", reason: "it says so" },
  warning: null,
};

test("an address alone is enough, and is trimmed as pasted", () => {
  expect(request({ url: " https://a.example/x\n" }, {})).toEqual({
    url: "https://a.example/x",
    headers: [],
    paused: false,
    unchecked: false,
    asks: false,
    reached: true,
    options: {},
  });
});

test("what was found is followed without another try, unless the person insists", () => {
  const values = { url: "a.example/x", name: " A ", feed: "unknown", "keep.days": 3 };
  const asked = request(values, { found });
  expect(asked).toMatchObject({ name: "A", found, options: { "keep.days": 3 } });
  expect(asked).not.toHaveProperty("feed");
  expect(request(values, { found, unchecked: true })).not.toHaveProperty("found");
  expect(request(values, { unchecked: true })).toMatchObject({ unchecked: true, reached: false });
  expect(request({ ...values, feed: "nchan" }, {})).toMatchObject({ feed: "nchan" });
});

test.each([
  ["ntfy.sh/alerts", true],
  ["https://push.example:8443/a?b=c", true],
  ["localhost:8090", true],
  ["nas:8080/x", true],
  ["http://[::1]:80/", true],
  ["builds", false],
  ["https://", false],
  ["a b.example", false],
  ["ftp://a.example", false],
  ["me@a.example", false],
])("%s is worth a try: %s", (text, is) => {
  expect(isAddress(text)).toBe(is);
});

test("another address or credential is another question, another name is not", () => {
  const values = { url: "https://a.example", bearer: { kept: "a" }, name: "A" };
  expect(question({ ...values, name: "B" })).toBe(question(values));
  expect(question({ ...values, bearer: { kept: "b" } })).not.toBe(question(values));
  expect(question({ ...values, "headers.X": { env: "X" } })).not.toBe(question(values));
});

test("an outside edit shows where nothing was typed, and is told where something was", () => {
  const base = { url: "u", heartbeat: "30s", mute: true, name: "A" };
  const mine = { ...base, name: "Mine", heartbeat: "1m" };
  const file = { url: "u2", name: "Theirs", heartbeat: "1m", "keep.days": 3 };
  expect(merged(base, mine, file)).toEqual({
    base: file,
    values: { url: "u2", name: "Mine", heartbeat: "1m", "keep.days": 3 },
    conflicts: ["name"],
  });
  // What the person has emptied stays so.
  expect(merged({ name: "A" }, {}, { name: "A", mute: true })).toEqual({
    base: { name: "A", mute: true },
    values: { mute: true },
    conflicts: [],
  });
  expect(merged({ name: "A" }, {}, { name: "B" }).conflicts).toEqual(["name"]);
});

test("what is empty is left out, but a flag that the file says stays", () => {
  expect(changed({ a: 1, b: 2 }, "a", "")).toEqual({ b: 2 });
  expect(changed({}, "mute", false)).toEqual({});
  expect(changed({ mute: true }, "mute", false)).toEqual({ mute: false });
  expect(changed({}, "pictures_from", [])).toEqual({});
});

test("there is one kind of access at a time", () => {
  const options = { bearer: { env: "A" }, "publish.basic.user": "me", name: "A" };
  expect(accessOf(options, "")).toBe("token");
  expect(accessOf(options, "publish.")).toBe("user");
  expect(accessOf({}, "")).toBe("none");
  expect(withAccess(options, "user", "")).toEqual({ "publish.basic.user": "me", name: "A" });
  expect(withAccess(options, "none", "publish.")).toEqual({ bearer: { env: "A" }, name: "A" });
  expect([secretOf("none", ""), secretOf("token", ""), secretOf("user", "publish.")]).toEqual([
    null,
    "bearer",
    "publish.basic.password",
  ]);
});

test("where a secret is", () => {
  expect(
    [undefined, { kept: "a" }, { command: "pass" }, { env: "T" }, { file: "/f" }].map(placeOf),
  ).toEqual(["typed", "typed", "typed", "env", "file"]);
  expect(namedPlace({ file: "/f" })).toBe("/f");
  expect(namedPlace({ kept: "a.example" })).toBe("");
});

test("headers have a side each", () => {
  const options = {
    "headers.X-B": { env: "B" },
    "headers.X-A": { env: "A" },
    "publish.headers.Y": { env: "Y" },
  };
  expect(headersOf(options, "")).toEqual(["X-A", "X-B"]);
  expect(headersOf(options, "publish.")).toEqual(["Y"]);
});

test("only what differs counts", () => {
  expect(differing({ a: 1, b: ["x"] }, { b: ["x"], c: true })).toEqual(["a", "c"]);
});
