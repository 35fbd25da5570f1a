// A plugin of a third party: it stands on @plugboard/core alone, and needs nothing of this repository.
import { definePlugin, LIVE, READ_ONLY } from "@plugboard/core";
import { z } from "zod";

export const auditOptions = z.strictObject({
  keep: z.int().min(1).max(10_000).default(100).describe("Most calls that are remembered"),
  tools: z.array(z.string()).default([]).describe("Tools to audit; none means all"),
});

const entrySchema = z.object({
  tool: z.string(),
  caller: z.string().describe("How the caller is known: local, session, token, subject or anonymous"),
  outcome: z.enum(["ok", "error", "cancelled"]),
  ms: z.number(),
});
const recentSchema = z.object({ calls: z.array(entrySchema) });

/** Remembers who called which tool, with what outcome. */
export const audit = definePlugin({
  name: "audit",
  options: auditOptions,
  setup(host, { keep, tools }) {
    const entries: z.output<typeof entrySchema>[] = [];
    let total = 0;

    host.use(async function audit(call, next) {
      if (tools.length > 0 && !tools.includes(call.tool)) return next();
      const started = performance.now();
      let outcome: "ok" | "error" | "cancelled" = "cancelled";
      try {
        const result = await next();
        outcome = result.isError ? "error" : "ok";
        return result;
      } finally {
        total++;
        const ms = Math.round(performance.now() - started);
        entries.push({ tool: call.tool, caller: call.principal.kind, outcome, ms });
        if (entries.length > keep) entries.shift();
      }
    });

    host.tool(
      "audit_recent",
      {
        description: "The last calls of this server's tools, the newest last.",
        outputSchema: recentSchema,
        annotations: READ_ONLY,
        _meta: LIVE,
      },
      () => ({ calls: [...entries] }),
    );

    return { stats: () => ({ total, kept: entries.length }) };
  },
});
