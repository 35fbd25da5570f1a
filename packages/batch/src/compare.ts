import { canonical, NotCanonical } from "@plugboard/core/canonical";

/** A text that equal data share, and no other; undefined for what cannot be told apart: nested too deep, or no plain data. */
export function comparable(data: unknown): string | undefined {
  try {
    return canonical(data, Infinity);
  } catch (error) {
    if (error instanceof NotCanonical) return undefined;
    throw error;
  }
}
