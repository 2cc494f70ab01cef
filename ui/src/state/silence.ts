// Silence in words: what it is, until when, and what is offered.
import type { Link, Silence, SnoozeUntil, Status } from "../api";
import type { Words } from "../i18n";
import { at, clock, dayNumber, formatOf } from "./time";

/** Before this hour, the next morning is that of the same day, as for the agent. */
const NIGHT_ENDS = 5;
const AN_HOUR_MIN = 60;

/** What is silent and until when, as one short phrase. */
export function silenceInWords(silence: Silence, now: number, words: Words): string {
  const { why, passes, until } = silence;
  const end = until === null ? null : timeInWords(at(until), now, words);
  switch (why.code) {
    case "mute":
      return words.silence.muted;
    case "do_not_disturb":
      return words.silence.doNotDisturb;
    case "snooze":
      return end === null ? words.silence.untilUnlocked : words.silence.until(end);
    default:
      return words.silence.quietHours(end, passes);
  }
}

/** `15:04`, `tomorrow 08:00`, or with its date. */
function timeInWords(until: number, now: number, words: Words): string {
  const days = dayNumber(until) - dayNumber(now);
  if (days === 0) return clock(until);
  if (days === 1) return words.silence.tomorrow(clock(until));
  const date = formatOf(words.lang, { month: "long", day: "numeric" });
  return `${date.format(until)} ${clock(until)}`;
}

/** The silence of a link that is not the silence of all. */
export function ownSilence(link: Link, status: Status | null): Silence | null {
  const own = link.silence;
  return JSON.stringify(own) === JSON.stringify(status?.silence ?? null) ? null : own;
}

/** Until when one may snooze. */
export function offers(
  status: Status | null,
  now: number,
  words: Words,
): { id: string; label: string; until: SnoozeUntil }[] {
  const isNight = new Date(now).getHours() < NIGHT_ENDS;
  const all: { id: string; label: string; until: SnoozeUntil }[] = [
    { id: "hour", label: words.silence.forAnHour, until: { minutes: AN_HOUR_MIN } },
    {
      id: "morning",
      label: isNight ? words.silence.untilEight : words.silence.untilTomorrow,
      until: "morning",
    },
  ];
  const knows = (status?.agent.locked ?? null) !== null;
  if (knows) all.push({ id: "unlocked", label: words.silence.untilUnlock, until: "unlocked" });
  return all;
}
