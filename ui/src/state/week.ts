// A week of half hours, as quiet hours are seen and painted. Pure.

export const SLOTS = 48;

/** For each day from Monday, whether each half hour from midnight is quiet. */
export type Week = readonly (readonly boolean[])[];

export interface Cell {
  day: number;
  slot: number;
}

export function readWeek(days: readonly string[]): Week {
  return days.map((day) => [...day].map((slot) => slot === "1"));
}

export function writeWeek(week: Week): string[] {
  return week.map((day) => day.map((quiet) => (quiet ? "1" : "0")).join(""));
}

/** The week with all that is between two cells made quiet, or loud. */
export function painted(week: Week, from: Cell, to: Cell, quiet: boolean): Week {
  const within = (value: number, one: number, other: number) =>
    value >= Math.min(one, other) && value <= Math.max(one, other);
  return week.map((slots, day) =>
    within(day, from.day, to.day)
      ? slots.map((was, slot) => (within(slot, from.slot, to.slot) ? quiet : was))
      : slots,
  );
}

/** The cell that an arrow key leads to; null for any other key. */
export function moved({ day, slot }: Cell, key: string): Cell | null {
  const to = {
    ArrowLeft: { day, slot: slot - 1 },
    ArrowRight: { day, slot: slot + 1 },
    ArrowUp: { day: day - 1, slot },
    ArrowDown: { day: day + 1, slot },
    Home: { day, slot: 0 },
    End: { day, slot: SLOTS - 1 },
  }[key];
  if (!to) return null;
  return {
    day: Math.min(6, Math.max(0, to.day)),
    slot: Math.min(SLOTS - 1, Math.max(0, to.slot)),
  };
}

/** The time at which a half hour begins; that after the last is 24:00. */
export function timeOf(slot: number): string {
  return `${Math.floor(slot / 2)}:${slot % 2 ? "30" : "00"}`;
}

/** When a day is quiet: each time span's begin and end. */
export function spans(day: readonly boolean[]): [string, string][] {
  const found: [string, string][] = [];
  let begin: number | null = null;
  for (let slot = 0; slot <= day.length; slot += 1) {
    const quiet = day[slot] ?? false;
    if (quiet && begin === null) begin = slot;
    if (!quiet && begin !== null) {
      found.push([timeOf(begin), timeOf(slot)]);
      begin = null;
    }
  }
  return found;
}
