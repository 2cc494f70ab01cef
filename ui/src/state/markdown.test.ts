import { describe, expect, test } from "vitest";
import {
  inLine,
  markdown,
  MARKDOWN_MAX,
  NESTING_MAX,
  hostBeside,
  plain,
  type Block,
} from "./markdown";

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0;

describe("Markdown", () => {
  test("is a tree of a few nodes", () => {
    const text = "# Backup\n\nof **/var** and *`/etc`*, ~~not~~\n\n- one\n- two\n\n> said\n\n---\n";
    expect(markdown(text)).toEqual([
      { is: "heading", of: [{ is: "text", text: "Backup" }] },
      {
        is: "paragraph",
        of: [
          { is: "text", text: "of " },
          { is: "strong", of: [{ is: "text", text: "/var" }] },
          { is: "text", text: " and " },
          { is: "emphasis", of: [{ is: "code", text: "/etc" }] },
          { is: "text", text: ", " },
          { is: "deleted", of: [{ is: "text", text: "not" }] },
        ],
      },
      {
        is: "list",
        start: null,
        items: ["one", "two"].map((text) => [{ is: "paragraph", of: [{ is: "text", text }] }]),
      },
      { is: "quote", of: [{ is: "paragraph", of: [{ is: "text", text: "said" }] }] },
      { is: "rule" },
    ]);
  });

  test("has no HTML: a tag is text", () => {
    const hostile = '<script>alert(1)</script>\n\n<img src=x onerror="alert(1)"> and <b>bold</b>';
    const said = JSON.stringify(markdown(hostile));
    const kinds = new Set([...said.matchAll(/"is":"(\w+)"/g)].map((match) => match[1]));
    expect([...kinds].sort()).toEqual(["paragraph", "text"]);
    expect(said).toContain("<script>alert(1)</script>");
  });

  test("shows a picture as a link to it, and where a link leads if its text does not say so", () => {
    const text =
      "![a door](https://a.example/x.png) [bank.example](https://evil.example/) [here](https://b.example/)";
    const [first] = markdown(text) as [Extract<Block, { of: unknown }>];
    expect(first.of).toMatchObject([
      { is: "link", url: "https://a.example/x.png", host: "a.example" },
      { is: "text" },
      { is: "link", url: "https://evil.example/", host: "evil.example" },
      { is: "text" },
      { is: "link", url: "https://b.example/", host: "b.example" },
    ]);
  });

  test("is bounded in length and nesting", () => {
    const deep = markdown(`${">".repeat(300)} deep`);
    expect(depthOf(deep)).toBeLessThan(3 * NESTING_MAX);
    expect(JSON.stringify(deep)).toContain("deep");
    const long = markdown("a ".repeat(MARKDOWN_MAX));
    expect(JSON.stringify(long).length).toBeLessThan(MARKDOWN_MAX + 100);
  });
});

test.each([
  ["https://a.example/x", "https://a.example/x", null],
  ["https://a.example/x", "A.example", null],
  ["https://a.example/x", "a.example/y?z", null],
  ["https://a.example:8443/x", "https://a.example:8443/x", null],
  ["https://a.example/x", "see the log", "a.example"],
  ["https://a.example/x", "a.example is well", "a.example"],
  ["https://a.example/x", "https://www.bank.example/login", "a.example"],
  ["https://evil.example/", "a.example", "evil.example"],
  ["https://a.example.evil.example/", "a.example", "a.example.evil.example"],
  ["https://a.example@evil.example/", "https://a.example@evil.example/", "evil.example"],
  ["https://\u0430.example/", "https://\u0430.example/", "xn--80a.example"],
  ["javascript:alert(1)", "a.example", null],
])("a link to %s that reads %s shows the host %s", (url, shown, host) => {
  expect(hostBeside(url, shown)).toBe(host);
});

test("addresses in plain text are links, without what ends the sentence", () => {
  const link = (url: string) => ({ is: "link", url, of: [{ is: "text", text: url }], host: null });
  expect(plain("see https://a.example/x?y=1, or (http://b.example).")).toEqual([
    { is: "text", text: "see " },
    link("https://a.example/x?y=1"),
    { is: "text", text: ", or (" },
    link("http://b.example"),
    { is: "text", text: ")." },
  ]);
  expect(plain("javascript:alert(1) file:///etc/passwd")).toHaveLength(1);
});

test("in a few lines there are words without marks", () => {
  const body =
    "# Build\n\n**main** is [red](https://ci.example/5)  \nnow\n\n2. one\n3. `two`\n\n> said\n\n---";
  expect(inLine({ body, markdown: true })).toBe("Build\nmain is red\nnow\n2. one\n3. two\nsaid");
  expect(inLine({ body: "**as it is**", markdown: false })).toBe("**as it is**");
});

test.each([
  ["quotes", "> ".repeat(10_000) + "x"],
  ["items", "1. ".repeat(10_000) + "x"],
  ["marks", "*_".repeat(10_000) + "x"],
  ["steps", Array.from({ length: 300 }, (_, i) => "  ".repeat(i) + "- x").join("\n")],
])("a text that is made to be slow to read is plain: %s", (_, text) => {
  const read = text.slice(0, MARKDOWN_MAX);
  expect(markdown(text)).toEqual([{ is: "paragraph", of: [{ is: "text", text: read }] }]);
});

test("a link of a very long text shows its host", () => {
  expect(hostBeside("https://a.example/", "x".repeat(60_000))).toBe("a.example");
});
