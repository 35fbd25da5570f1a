import { type Host, ToolError, toolResult } from "@plugboard/core";
import { z } from "zod";
import { CACHE_META } from "./policy.ts";

/** What goes: the results of one tool, what has a tag, what belongs to a caller (`call.principal.id`), or everything. */
export type Invalidated = { readonly tool: string } | { readonly tag: string } | { readonly principal: string } | "all";

const inputSchema = z.strictObject({
  tool: z.string().min(1).max(128).optional().describe("Forget the results of this tool only."),
  tag: z.string().min(1).max(128).optional().describe("Forget only what has this tag."),
  mine: z.boolean().default(false).describe("Forget only what was stored for you."),
});
const outputSchema = z.object({ cleared: z.string() });

/** Adds the tool `cache_clear`. */
export function clearTool(host: Host, invalidate: (what: Invalidated) => Promise<void>): void {
  host.tool(
    "cache_clear",
    {
      title: "Clear the cache",
      description:
        "Forgets stored results, so that the next calls ask the sources again: those of one tool, with one tag, of the caller, or all.",
      inputSchema,
      outputSchema,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      _meta: { [CACHE_META]: "no-store" },
    },
    async ({ tool, tag, mine }, call) => {
      const wishes: [what: Invalidated, cleared: string][] = [];
      if (tool !== undefined) wishes.push([{ tool }, `the results of \`${tool}\``]);
      if (tag !== undefined) wishes.push([{ tag }, `what has the tag "${tag}"`]);
      if (mine) wishes.push([{ principal: call.principal.id }, "what was stored for you"]);
      if (wishes.length > 1)
        throw new ToolError("Give one of `tool`, `tag` and `mine`, or none of them to forget everything.");
      const [what, cleared] = wishes[0] ?? ["all", "everything"];
      await invalidate(what);
      return toolResult(`Forgotten: ${cleared}.`, { structuredContent: { cleared } });
    },
  );
}
