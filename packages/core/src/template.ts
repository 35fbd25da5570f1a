/** Longest URI that is matched, in characters. */
const MAX_URI_LENGTH = 8192;

/** A template of URIs, as the SDKs take it. */
export interface Template {
  readonly variableNames: string[];
  match(uri: string): Record<string, string> | null;
  toString(): string;
}

/**
 * The part of RFC 6570 that names resources: `{name}` is one path segment, `{+name}` the rest. Every expression is bounded
 * by literal text or the end, so matching is linear. Undefined for what is no such template.
 */
export function parseTemplate(template: string): Template | undefined {
  const parts = template.split(/\{(\+?[A-Za-z_]\w*)\}/);
  const variableNames: string[] = [];
  let pattern = "";
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) {
      const between = index > 0 && index < parts.length - 1;
      if (/[{}]/.test(part) || (between && !part.startsWith("/"))) return undefined;
      pattern += part.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
    } else {
      const rest = part.startsWith("+");
      if (rest && (index !== parts.length - 2 || parts.at(-1) !== "")) return undefined;
      variableNames.push(rest ? part.slice(1) : part);
      pattern += rest ? "(.+)" : "([^/]+)";
    }
  }
  const expression = new RegExp(`^${pattern}$`, "s");
  return {
    variableNames,
    toString: () => template,
    match(uri) {
      const found = uri.length > MAX_URI_LENGTH ? null : expression.exec(uri);
      if (!found) return null;
      try {
        return Object.fromEntries(
          variableNames.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]),
        );
      } catch {
        return null;
      }
    },
  };
}
