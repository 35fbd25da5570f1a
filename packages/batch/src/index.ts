import { definePlugin, LIVE, toolResult } from "@plugboard/core";
import { Detached } from "./detached.ts";
import { map } from "./map.ts";
import { batchOptions } from "./options.ts";
import { policyOf } from "./policy.ts";
import { show } from "./room.ts";
import { BATCH_META } from "./run.ts";
import { Runs } from "./runs.ts";
import { batchInput, batchOutput } from "./schema.ts";
import { countsOf } from "./slots.ts";
import { listing, summary } from "./wording.ts";

export type { MapOptions, Settled } from "./map.ts";
export { batchOptions } from "./options.ts";

/** Longest time that a caller may ask for, where the operator allows no longer one: clients give up after 60 s. */
const MAX_TIMEOUT_MS = 50_000;

const define = definePlugin({
  name: "batch",
  options: batchOptions,
  setup(host, options) {
    const { maxCalls, maxConcurrency, timeoutMs } = options;
    const policy = policyOf(options.allow, options.deny);
    const runs = new Runs(options, policy);
    const detached = new Detached(host, runs, options);

    host.tool(
      "batch",
      {
        title: "Call many tools",
        description:
          "Calls many tools of this server in one go: read-only ones side by side, the others one after another in their place. One result for each " +
          `call, in the order of the calls; a failed call does not disturb the others. ${policy.mayWrite ? "" : "Only read-only tools. "}For long work, set detach.`,
        inputSchema: batchInput({
          maxCalls,
          maxConcurrency,
          timeoutMs,
          maxTimeoutMs: Math.max(timeoutMs, MAX_TIMEOUT_MS),
        }),
        outputSchema: batchOutput,
        annotations: {
          readOnlyHint: !policy.mayWrite,
          destructiveHint: policy.mayWrite,
          idempotentHint: !policy.mayWrite,
          openWorldHint: true,
        },
        _meta: { ...LIVE, [BATCH_META]: "calls other tools" },
      },
      async (input, call) => {
        if (input.detach) return detached.start(call, input);
        const run = runs.of(call, input, input.timeout_ms);
        await runs.check(run, input.stop_on_error);
        await run.run(AbortSignal.any([call.signal, host.signal]));
        runs.count(run);
        const { slots, blocks } = show(run.slots, options);
        const { resume, partial } = run;
        const totals = countsOf(run.slots);
        const advice =
          resume === null ? "" : `\n\nTo run the rest, repeat the call with the same calls and resume "${resume}".`;
        const text = `${run.slots.length} calls: ${summary(totals)}.\n\n${listing(slots)}${advice}`;
        return toolResult([{ type: "text", text }, ...blocks], {
          structuredContent: { results: slots, ...totals, partial, resume },
        });
      },
    );
    if (options.detach) detached.addTools();

    return { stats: () => ({ ...runs.counts, running: runs.running, jobs: detached.size }) };
  },
});

/** Many calls in one: the tool `batch`; and `batch.map`, for tools that work on many items. */
export const batch: typeof define & { readonly map: typeof map } = Object.assign(define, { map });
