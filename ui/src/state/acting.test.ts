import { beforeEach, expect, test, vi } from "vitest";
import type { Act, Acted } from "../api";

const sent: Act[] = [];

vi.mock("./agent.svelte", () => ({ failureInWords: String }));
vi.mock("../i18n", () => ({ words: { lang: "zh-CN" } }));
vi.mock("../bridge", () => ({
  asFailure: String,
  act: (asked: Act): Promise<Acted> => {
    sent.push(asked);
    return Promise.resolve(
      asked.answer
        ? { kind: "done", ok: true, sentence: "Sent." }
        : {
            kind: "ask",
            asked: {
              kind: "link",
              url: `https://a.example/${asked.message}`,
              seems: { host: null, reads: null, user: null },
            },
          },
    );
  },
}));

const { acting } = await import("./acting.svelte");

beforeEach(() => {
  sent.length = 0;
  acting.asked = null;
});

test("a question is not swapped for another one while it stands", async () => {
  await acting.start(1, "link");
  const first = acting.asked;
  await acting.start(2, "link");
  expect(acting.asked).toBe(first);
});

test("a yes is to the question that was shown", async () => {
  await acting.start(1, "link");
  const first = acting.asked!;
  acting.asked = null;
  await acting.start(2, "link");
  const second = acting.asked;
  await acting.answer(first, true, false);
  expect(sent.at(-1)).toEqual({
    message: 1,
    what: "link",
    language: "zh-CN",
    answer: { asked: first.question, remember: false },
  });
  expect(acting.asked).toBe(second);
  await acting.answer(acting.asked!, false, false);
  expect(acting.asked).toBeNull();
  expect(sent.at(-1)?.message).toBe(1);
});
