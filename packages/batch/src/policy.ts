import type { ToolInfo } from "@plugboard/core";

/** Which tools may be called through a batch. */
export interface Policy {
  /** Why a tool may not be called, or undefined when it may. */
  refuse(tool: ToolInfo): string | undefined;
  /** Whether a tool that is not read-only may be called at all: the batch tool is as dangerous as that. */
  readonly mayWrite: boolean;
}

/**
 * Read-only tools may be called; `allow` adds others, `deny` takes away and wins. A client approves the batch, not the
 * calls inside it, so nothing else is safe to assume.
 */
export function policyOf(allow: readonly string[], deny: readonly string[]): Policy {
  const allowed = matcher(allow);
  const denied = matcher(deny);
  return {
    mayWrite: allow.length > 0,
    refuse({ name, annotations }) {
      if (denied(name)) return `\`${name}\` may not be called in a batch on this server. Call it directly.`;
      if (annotations.readOnlyHint === true || allowed(name)) return undefined;
      return `\`${name}\` may change things, and this server runs only read-only tools in a batch. Call it directly.`;
    },
  };
}

/** Whether a name fits one of the patterns, in which `*` stands for any characters. */
function matcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split(/\*+/));
  return (name) => exact.has(name) || wild.some((parts) => fits(name, parts));
}

/** Matches the literal parts in order, the first and the last at the ends: linear, whatever the pattern. */
function fits(name: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
