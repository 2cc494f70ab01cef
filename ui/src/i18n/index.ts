// The texts in the person's language.
import { en, type Words } from "./en";
import { zh } from "./zh";

export type { Words };

/** The texts for a language tag such as `zh-CN`. */
export function wordsFor(tag: string): Words {
  return /^zh\b/i.test(tag) ? zh : en;
}

/** The language that the person has chosen for this window stands in its address; else the desktop's. */
const chosen = globalThis.location?.search.slice(1);

const tag = chosen || (globalThis.navigator?.language ?? "en");

export const words: Words = wordsFor(tag);

/** The tag by which dates are written: the person's own where the texts are in that language. */
export const dateTag = tag.slice(0, 2) === words.lang.slice(0, 2) ? tag : words.lang;
