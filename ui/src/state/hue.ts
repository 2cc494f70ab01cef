// A colour for each subscription, the same each time: which of those that `app.css` has.

export const HUES = 8;

export function hue(subscription: string): number {
  let sum = 0;
  for (const char of subscription) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return sum % HUES;
}
