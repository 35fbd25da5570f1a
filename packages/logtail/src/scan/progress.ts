import type { Progress } from "./types.ts";

const NONE: Progress = { scannedBytes: 0, matched: 0 };

/** The progress of two that work at once, told as one. */
export function bothProgress(
  tell: ((progress: Progress) => void) | undefined,
): readonly [(progress: Progress) => void, (progress: Progress) => void] {
  const told = [NONE, NONE];
  const teller = (half: number) => (progress: Progress) => {
    told[half] = progress;
    const [one = NONE, other = NONE] = told;
    tell?.({ scannedBytes: one.scannedBytes + other.scannedBytes, matched: one.matched + other.matched });
  };
  return [teller(0), teller(1)];
}
