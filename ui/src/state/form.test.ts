import { expect, test } from "vitest";
import { wordsFor } from "../i18n";
import { emptyForm, request } from "./form";

const en = wordsFor("en");
const asked = (form: Partial<typeof emptyForm>) => request({ ...emptyForm, ...form }, false, en);

test("an address alone is enough, and is trimmed as pasted", () => {
  expect(asked({ url: " https://a.example/x\n" })).toEqual({
    url: "https://a.example/x",
    unchecked: false,
    asks: false,
    headers: [],
    paused: false,
  });
});

test("what is optional is sent only when given", () => {
  expect(
    asked({ url: "http://a.example", name: "A", feed: "nchan", token: "env", place: "T" }),
  ).toEqual({
    url: "http://a.example",
    unchecked: false,
    asks: false,
    headers: [],
    paused: false,
    name: "A",
    feed: "nchan",
    bearer: { env: "T" },
  });
});

test("what is missing is said", () => {
  for (const url of ["", "ftp://a.example", "a.example", "https://"]) {
    expect(asked({ url })).toBe(en.urlWanted);
  }
  expect(asked({ url: "http://a.example", token: "file" })).toBe(en.tokenWanted);
});
