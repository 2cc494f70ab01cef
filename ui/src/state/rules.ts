// What is written of rules and not saved yet, and the words of a wish. Pure, but for the drafts, which live as long as
// the page.
import type { QuietHours, UsualRules } from "../api";

/** Rules as the person has left them. */
export interface Draft {
  view: "usual" | "text";
  usual: UsualRules | null;
  text: string;
  /** The text that the wishes are. */
  told: string;
  hours: QuietHours | null;
}

const drafts = new Map<string, Draft>();

/** What was left of a subscription's rules. */
export function draftOf(subscription: string): Draft | null {
  return drafts.get(subscription) ?? null;
}

/** Keeps what is not saved; nothing where there is nothing. */
export function keepDraft(subscription: string, draft: Draft | null): void {
  if (draft) drafts.set(subscription, draft);
  else drafts.delete(subscription);
}

/** Whether two wishes are the same. */
export function sameUsual(one: UsualRules | null, other: UsualRules | null): boolean {
  const plain = (usual: UsualRules | null) =>
    usual && [usual.from, usual.never, usual.only, usual.sound ?? null, usual.pictures];
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}

/** The words with another one, trimmed; those that are there already are not repeated. */
export function withWord(words: readonly string[], word: string): string[] {
  const trimmed = word.trim().replace(/\s+/g, " ");
  return trimmed === "" || words.includes(trimmed) ? [...words] : [...words, trimmed];
}

/** Names of the freedesktop sound theme that suit a message. */
export const SOUNDS = [
  "message-new-instant",
  "bell",
  "complete",
  "dialog-information",
  "dialog-warning",
  "dialog-error",
  "alarm-clock-elapsed",
  "phone-incoming-call",
] as const;
