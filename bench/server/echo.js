// The tools that are called: a plugin of the composed server.
import { definePlugin } from "@plugboard/core";
import { z } from "zod";

const annotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };

export const echo = definePlugin({
  name: "echo",
  options: z.strictObject({}),
  setup(host) {
    const inputSchema = z.object({ say: z.string() });
    host.tool("echo", { description: "Says it again.", inputSchema, annotations }, ({ say }) => say);
    host.tool("usage", { description: "What the process holds.", annotations }, () => {
      globalThis.gc?.();
      const { heapUsed, rss, external } = process.memoryUsage();
      /** @type {Record<string, number>} */
      const handles = {};
      for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
      return { heapUsed, rss, external, handles };
    });
    host.tool(
      "work",
      {
        description: "Reports and waits.",
        inputSchema: z.object({ ms: z.number(), reports: z.number() }),
        annotations,
      },
      async ({ ms, reports }, call) => {
        for (let report = 1; report <= reports; report++) {
          await call.report({ progress: report, total: reports });
          await new Promise((resolve) => {
            const timer = setTimeout(resolve, ms / reports);
            call.signal.addEventListener("abort", () => (clearTimeout(timer), resolve(undefined)), { once: true });
          });
        }
        return "done";
      },
    );
  },
});
