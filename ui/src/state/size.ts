// How large something is, as a person reads it.
import { dateTag } from "../i18n";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** `812 byte`, `2.3 MB`: decimal units, as file managers have them. */
export function size(bytes: number, tag = dateTag): string {
  let unit = 0;
  let rest = bytes;
  while (rest >= 1000 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const maximumFractionDigits = unit === 0 || rest >= 100 ? 0 : 1;
  const style = { style: "unit", unit: UNITS[unit], maximumFractionDigits } as const;
  return new Intl.NumberFormat(tag, style).format(rest);
}
