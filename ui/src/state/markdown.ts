// A stranger's Markdown as a tree of the few nodes that components draw. Nothing of it is HTML: what looks like a
// tag is text, a picture is a link to it, and what nests too deep or is too long is plain text.
import type { Nodes, PhrasingContent, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmAutolinkLiteralFromMarkdown } from "mdast-util-gfm-autolink-literal";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmAutolinkLiteral } from "micromark-extension-gfm-autolink-literal";
import { gfmStrikethrough } from "micromark-extension-gfm-strikethrough";

/** What is beyond is not read. UTF-16 units. */
export const MARKDOWN_MAX = 64 * 1024;
/** What nests deeper is text. */
export const NESTING_MAX = 20;

export type Inline =
  | { is: "text"; text: string }
  | { is: "code"; text: string }
  | { is: "break" }
  | { is: "strong" | "emphasis" | "deleted"; of: Inline[] }
  | { is: "link"; url: string; of: Inline[]; host: string | null };

export type Block =
  | { is: "paragraph" | "heading"; of: Inline[] }
  | { is: "codeblock"; text: string }
  | { is: "quote"; of: Block[] }
  | { is: "list"; start: number | null; items: Block[][] }
  | { is: "rule" };

/** The parser's time grows with the square of these: a message with more of them would stop the page for seconds. */
const DEEP = /^[ \t]*(?:(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*){21}/m;
const FAR_IN = /^[ \t]{80,}(?:[-*+]|\d{1,9}[.)])[ \t]/m;
const MARKS_MAX = 2000;

function isCostly(text: string): boolean {
  return (
    DEEP.test(text) || FAR_IN.test(text) || (text.match(/\*+|_+|~+/g)?.length ?? 0) > MARKS_MAX
  );
}

/** The blocks of a text. One that is made to be slow to read is plain text. */
export function markdown(text: string): Block[] {
  const read = text.slice(0, MARKDOWN_MAX);
  if (isCostly(read)) return [{ is: "paragraph", of: plain(read) }];
  const tree = fromMarkdown(read, {
    extensions: [gfmAutolinkLiteral(), gfmStrikethrough()],
    mdastExtensions: [gfmAutolinkLiteralFromMarkdown(), gfmStrikethroughFromMarkdown()],
  });
  return blocks(tree.children, 0);
}

/** The text of a message where there is room for a few lines: its words, without the marks of its Markdown. */
export function inLine(message: { body: string; markdown: boolean }): string {
  const body = message.body.slice(0, IN_LINE_MAX);
  return message.markdown ? markdown(body).map(blockText).filter(Boolean).join("\n") : body;
}

/** So much of a text is looked at for a few lines. UTF-16 units. */
const IN_LINE_MAX = 2000;

function blockText(block: Block): string {
  switch (block.is) {
    case "paragraph":
    case "heading":
      return block.of.map(inlineText).join("");
    case "codeblock":
      return block.text;
    case "quote":
      return block.of.map(blockText).join("\n");
    case "list":
      return block.items
        .map((item, i) => {
          const mark = block.start === null ? "•" : `${block.start + i}.`;
          return `${mark} ${item.map(blockText).join("\n")}`;
        })
        .join("\n");
    case "rule":
      return "";
  }
}

function inlineText(inline: Inline): string {
  if (inline.is === "break") return "\n";
  return "of" in inline ? inline.of.map(inlineText).join("") : inline.text;
}

/** Plain text with its addresses as links. */
export function plain(text: string): Inline[] {
  const found: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const url = match[0].replace(TRAILING, "");
    if (!isWeb(url)) continue;
    if (match.index > from) found.push({ is: "text", text: text.slice(from, match.index) });
    found.push({ is: "link", url, of: [{ is: "text", text: url }], host: hostBeside(url, url) });
    from = match.index + url.length;
  }
  if (from < text.length) found.push({ is: "text", text: text.slice(from) });
  return found;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u0000-\u0020]+/gi;
/** What ends a sentence is seldom part of an address. */
const TRAILING = /[.,:;!?)\]}'"]+$/;

function isWeb(url: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

/** A longer text of a link is not looked through. UTF-16 units. */
const SHOWN_MAX = 500;

/** The host of an address, where what is shown as its text is not itself that address or host; null where it is, or
 * where the address has none. */
export function hostBeside(url: string, shown: string): string | null {
  const own = hostOf(url);
  if (own === null || shown.length > SHOWN_MAX) return own;
  const text = shown.trim().toLowerCase();
  const rest = text.replace(/^https?:\/\//, "");
  // What stands before an @ looks like a host, and letters of other scripts like these.
  const isItself = rest.startsWith(own) && /^(?:$|[/?#]\S*$)/.test(rest.slice(own.length));
  return isItself ? null : own;
}

function hostOf(url: string): string | null {
  try {
    return new URL(url).host.toLowerCase() || null;
  } catch {
    return null;
  }
}

function blocks(nodes: readonly RootContent[], depth: number): Block[] {
  return nodes.flatMap((node) => block(node, depth));
}

function block(node: RootContent, depth: number): Block[] {
  if (depth > NESTING_MAX) {
    const text = textOf(node);
    return text === "" ? [] : [{ is: "paragraph", of: [{ is: "text", text }] }];
  }
  switch (node.type) {
    case "paragraph":
      return [{ is: "paragraph", of: inlines(node.children, depth + 1) }];
    case "heading":
      return [{ is: "heading", of: inlines(node.children, depth + 1) }];
    case "code":
      return [{ is: "codeblock", text: node.value }];
    case "html":
      return [{ is: "paragraph", of: [{ is: "text", text: node.value }] }];
    case "blockquote":
      return [{ is: "quote", of: blocks(node.children, depth + 1) }];
    case "list": {
      const items = node.children.map((item) => blocks(item.children, depth + 1));
      return [{ is: "list", start: node.ordered ? (node.start ?? 1) : null, items }];
    }
    case "thematicBreak":
      return [{ is: "rule" }];
    case "definition":
      return [];
    default: {
      const of = inlines([node as PhrasingContent], depth + 1);
      return of.length > 0 ? [{ is: "paragraph", of }] : [];
    }
  }
}

function inlines(nodes: readonly PhrasingContent[], depth: number): Inline[] {
  return joined(nodes.flatMap((node) => inline(node, depth)));
}

/** Texts that stand side by side are one: what is full of tags would be thousands. */
function joined(all: readonly Inline[]): Inline[] {
  const result: Inline[] = [];
  let texts: string[] = [];
  const end = () => {
    if (texts.length > 0) result.push({ is: "text", text: texts.join("") });
    texts = [];
  };
  for (const one of all) {
    if (one.is === "text") texts.push(one.text);
    else {
      end();
      result.push(one);
    }
  }
  end();
  return result;
}

function inline(node: PhrasingContent, depth: number): Inline[] {
  const text = (text: string): Inline[] => (text === "" ? [] : [{ is: "text", text }]);
  if (depth > NESTING_MAX) return text(textOf(node));
  switch (node.type) {
    case "text":
      return text(node.value);
    case "html":
      return text(node.value);
    case "inlineCode":
      return [{ is: "code", text: node.value }];
    case "break":
      return [{ is: "break" }];
    case "strong":
      return [{ is: "strong", of: inlines(node.children, depth + 1) }];
    case "emphasis":
      return [{ is: "emphasis", of: inlines(node.children, depth + 1) }];
    case "delete":
      return [{ is: "deleted", of: inlines(node.children, depth + 1) }];
    case "link":
      return [link(node.url, inlines(node.children, depth + 1), textOf(node))];
    case "image":
      return [link(node.url, text(node.alt || node.url), node.alt ?? "")];
    default:
      return text(textOf(node));
  }
}

function link(url: string, of: Inline[], shown: string): Inline {
  const named: Inline[] = of.length > 0 ? of : [{ is: "text", text: url }];
  return { is: "link", url, of: named, host: hostBeside(url, shown || url) };
}

function textOf(node: Nodes): string {
  if ("value" in node) return node.value;
  if ("children" in node) return node.children.map(textOf).join("");
  return "alt" in node ? (node.alt ?? "") : "";
}
