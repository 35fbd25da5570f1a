const MAX_DEPTH = 100;

/** JSON with sorted keys, so that equal arguments are equal texts; undefined where they are nested too deep to tell. */
export function canonical(value: unknown): string | undefined {
  try {
    return write(value, 0);
  } catch (error) {
    if (error === TOO_DEEP) return undefined;
    throw error;
  }
}

const TOO_DEEP = new Error("too deep");

function write(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (depth > MAX_DEPTH) throw TOO_DEEP;
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const parts = entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${write(inner, depth + 1)}`);
  return `{${parts.join(",")}}`;
}
