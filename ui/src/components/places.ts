// Where a mark of each kind lies in a timeline's height of 20 px: by its shape it is known without its colour.
import type { Kind } from "../state/timeline";

export const places: Record<Kind, { top: number; height: number }> = {
  live: { top: 8, height: 4 },
  away: { top: 9, height: 2 },
  missed: { top: 15, height: 3 },
  own: { top: 6, height: 8 },
  network: { top: 10, height: 9 },
  refused: { top: 1, height: 9 },
  server: { top: 1, height: 18 },
  lasts: { top: 1, height: 18 },
};
