// The form for a new subscription: from what was typed to what the agent is asked.
import type { AddSubscription } from "../api";
import type { Words } from "../i18n";

export interface Form {
  url: string;
  name: string;
  /** Empty: recognise it. */
  /** A feed's name; empty where it is to be recognised. */
  feed: string;
  token: "none" | "env" | "file";
  /** The variable's name or the file's path. */
  place: string;
}

export const emptyForm: Form = { url: "", name: "", feed: "", token: "none", place: "" };

/** The request, or one sentence on what is missing. */
export function request(form: Form, unchecked: boolean, words: Words): AddSubscription | string {
  const url = form.url.trim();
  if (!/^https?:\/\/./i.test(url)) return words.urlWanted;
  const asked: AddSubscription = { url, unchecked, asks: false, headers: [], paused: false };
  if (form.name.trim()) asked.name = form.name.trim();
  if (form.feed) asked.feed = form.feed;
  if (form.token !== "none") {
    const place = form.place.trim();
    if (!place) return words.tokenWanted;
    asked.bearer = form.token === "env" ? { env: place } : { file: place };
  }
  return asked;
}
