// Why a message was not shown by itself, in words.
import type { Message } from "../api";
import { words } from "../i18n";

/** A short phrase; null where it was shown. */
export function unshown(message: Message): string | null {
  if (message.decision === "backlog") return words.backlog;
  if (message.decision === "quiet") return words.quiet(message.rule);
  switch (message.shown) {
    case "held":
      return words.held(why(message));
    case "quiet":
      return words.keptQuiet(why(message));
    case "refused":
    case "old":
      return words.notShown(why(message));
    case "no":
    case "shown":
      return null;
    default:
      return words.shown[message.shown];
  }
}

function why({ why }: Message): string {
  if (why?.code === "server") return why.text;
  return words.why[why?.code ?? "age"];
}
