// What a TypeScript consumer writes with every package, whatever SDK it has: checked, never run.
import { batch } from "@plugboard/batch";
import { cache } from "@plugboard/cache";
import { compose, core, currentCall, definePlugin, PluginError, structured, ToolError } from "@plugboard/core";
import type { Call, McpServerLike, Middleware, Plugin, PluginErrorCode, ToolResult } from "@plugboard/core";
import { logtail } from "@plugboard/logtail";
import { progress, setTotal, step } from "@plugboard/progress";
import { ratelimit } from "@plugboard/ratelimit";
import { search } from "@plugboard/search";
import { z } from "zod";

const timing: Middleware = async function timing(call: Call, next): Promise<ToolResult> {
  await call.log("info", { tool: call.tool, who: call.principal.kind });
  return next();
};

export const stopwatch = definePlugin({
  name: "stopwatch",
  options: z.strictObject({ slowMs: z.number().default(1000) }),
  setup(host, { slowMs }) {
    host.use(timing);
    host.tool("stopwatch", { description: "Says the limit", outputSchema: z.object({ ms: z.number() }) }, () => ({
      ms: slowMs,
    }));
    return { slowMs };
  },
});

const docs = search({ roots: ["./docs"] });
const logs = logtail({ paths: ["./logs"] });
const limits = ratelimit({ rules: [{ name: "all", limit: 10, windowMs: 1000 }] });

export function attachTo<S extends McpServerLike>(server: S): S {
  const own: Plugin & { readonly slowMs: number } = stopwatch({ slowMs: 5 });
  return compose([
    core({ maxChars: 20_000 }),
    progress(),
    cache({ ttlMs: 1 }),
    limits,
    batch(),
    logs,
    docs,
    own,
  ]).attach(server);
}

export async function useInCode(): Promise<readonly number[]> {
  setTotal(2);
  step();
  const found = await docs.query("cats", { limit: 3 });
  const doubled = await batch.map([1, 2], async (n) => n * 2);
  const kept: number = await cache.getOrSet("n", () => 1);
  const code: PluginErrorCode = "BAD_OPTIONS";
  if (currentCall()?.tool === code) throw new ToolError("Not now.");
  const error = new PluginError(code, "stopwatch", "It is wrong.");
  structured(z.object({ a: z.number() }), { a: 1 });
  return [found.results.length, doubled.length, kept, error.message.length];
}
