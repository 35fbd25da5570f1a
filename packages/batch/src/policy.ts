import { matcher, type ToolInfo } from "@plugboard/core";

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
