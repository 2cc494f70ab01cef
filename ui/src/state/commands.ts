// What one may jump to or do by its name, and how names are found as they are typed.

export interface Command {
  readonly id: string;
  readonly name: string;
  readonly run: () => void;
}

/** So many are listed. */
export const COMMANDS_MAX: number = 8;

/** Those whose names hold all words, those first whose name begins so; all in their order where nothing is typed. */
export function found(commands: readonly Command[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = ({ name }: Command): number => {
    const lower = name.toLowerCase();
    if (!words.every((word) => lower.includes(word))) return -1;
    const first = words[0] ?? "";
    if (lower.startsWith(first)) return 2;
    return lower.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(first)) ? 1 : 0;
  };
  return commands
    .map((command) => ({ command, rank: rank(command) }))
    .filter((one) => one.rank >= 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, COMMANDS_MAX)
    .map((one) => one.command);
}
