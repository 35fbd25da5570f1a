import { currentCall, definePlugin, ToolError, toolResult } from "@plugboard/core";
import { z } from "zod";
import { Keys } from "./key.ts";
import { Led } from "./led.ts";
import { Loader } from "./loader.ts";
import { MemoryStore } from "./memory.ts";
import { type CacheOptions, cacheOptions } from "./options.ts";
import { CACHE_META, callerTag, ownTag, Policies, toolTag } from "./policy.ts";
import { RedisStore } from "./redis.ts";
import { resultsLayer } from "./results.ts";
import { States } from "./states.ts";
import { ALL, type Store } from "./store.ts";
import { TieredStore } from "./tiered.ts";
import { type Values, valuesOf } from "./values.ts";

export { cacheOptions } from "./options.ts";
export type { Scope } from "./key.ts";
export type { Claim, Entry, Read, Store, WriteOptions } from "./store.ts";
export type { SharedStateOptions, ValueOptions, Values } from "./values.ts";

/** What goes: the results of one tool, what has a tag, what belongs to a caller (`call.principal.id`), or everything. */
export type Invalidated = { readonly tool: string } | { readonly tag: string } | { readonly principal: string } | "all";

/** The API of the plugin, on the instance and as `call.service("cache")`. */
export interface Cache extends Values {
  /** Forgets, in all processes that share the store. What is being loaded meanwhile is not stored. Never rejects. */
  invalidate(what: Invalidated): Promise<void>;
  stats(): Readonly<Record<string, number>>;
}

declare module "@plugboard/core" {
  interface Services {
    cache: Cache;
  }
}

const clock = (): number => performance.now();

function storeOf(options: CacheOptions, name: string, warn: (message: string) => void): Store {
  const { store, maxEntries, maxBytes } = options;
  if (store === "memory") return new MemoryStore({ maxEntries, maxBytes, clock });
  if ("read" in store) return store;
  const { redis: url, prefix, timeoutMs, nearMs } = store;
  return new TieredStore(new RedisStore({ url, prefix, name, timeoutMs, warn }), {
    maxEntries,
    maxBytes,
    nearMs,
    clock,
  });
}

const clearInput = z.strictObject({
  tool: z.string().min(1).max(128).optional().describe("Forget the results of this tool only."),
  tag: z.string().min(1).max(128).optional().describe("Forget only what has this tag."),
  mine: z.boolean().default(false).describe("Forget only what was stored for you."),
});
const clearOutput = z.object({ cleared: z.string() });

const define = definePlugin({
  name: "cache",
  options: cacheOptions,
  setup(host, options) {
    const store = storeOf(options, host.name, host.warn);
    const { maxKeyChars: maxChars, version, jitter, maxEntryBytes, maxWaitMs, maxFlights, maxStates, idleMs } = options;
    const keys = new Keys({ namespace: host.name, version, maxChars, shared: store.shared });
    const policies = new Policies(options, host.warn);
    const { warn } = host;
    const loader = new Loader({
      store,
      clock,
      random: Math.random,
      jitter,
      maxEntryBytes,
      maxWaitMs,
      maxFlights,
      warn,
    });
    const states = new States({ maxStates, maxWaitMs, idleMs, clock, warn });
    const led = new Led();
    host.onDispose(() => store.close());
    host.onDispose(() => loader.close(host.signal.reason));
    host.onDispose(() => states.close(host.signal.reason));

    host.use(resultsLayer({ policies, keys, loader, led }));

    const stats = (): Readonly<Record<string, number>> => ({
      ...store.stats(),
      ...loader.counts,
      loading: loader.loading,
      states: states.size,
    });
    const statsUri = `${host.name}://stats`;
    host.resource(
      host.toolName("cache_stats"),
      statsUri,
      {
        title: "Cache statistics",
        description: "Hits, misses and size of the cache, as JSON",
        mimeType: "application/json",
      },
      () => JSON.stringify(stats(), null, 2),
    );

    const invalidate = (what: Invalidated): Promise<void> => loader.invalidate([tagOf(what)]);
    if (options.clearTool) {
      host.tool(
        "cache_clear",
        {
          title: "Clear the cache",
          description:
            "Forgets stored results, so that the next calls ask the sources again: those of one tool, with one tag, of the caller, or all.",
          inputSchema: clearInput,
          outputSchema: clearOutput,
          annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
          _meta: { [CACHE_META]: "no-store" },
        },
        async ({ tool, tag, mine }, call) => {
          if ([tool !== undefined, tag !== undefined, mine].filter(Boolean).length > 1)
            throw new ToolError("Give one of `tool`, `tag` and `mine`, or none of them to forget everything.");
          const tags = [
            ...(tool === undefined ? [] : [toolTag(tool)]),
            ...(tag === undefined ? [] : [ownTag(tag)]),
            ...(mine ? [callerTag(keys.identity(call.principal.id))] : []),
          ];
          await loader.invalidate(tags.length === 0 ? [ALL] : tags);
          const what = [
            ...(tool === undefined ? [] : [`the results of \`${tool}\``]),
            ...(tag === undefined ? [] : [`what has the tag "${tag}"`]),
            ...(mine ? ["what was stored for you"] : []),
          ];
          const cleared = what.length === 0 ? "everything" : what.join(", ");
          return toolResult(`Forgotten: ${cleared}.`, { structuredContent: { cleared } });
        },
      );
    }
    const api: Cache = { ...valuesOf({ keys, loader, led, states, options }), invalidate, stats };
    return api;

    function tagOf(what: Invalidated): string {
      if (what === "all") return ALL;
      if ("tool" in what) return toolTag(what.tool);
      return "tag" in what ? ownTag(what.tag) : callerTag(keys.identity(what.principal));
    }
  },
});

/** The cache of the server that the current call is of. */
function current(what: string): Values {
  const found = currentCall()?.service("cache");
  if (found) return found;
  throw new Error(
    `cache.${what}() found no cache: it works inside a call of a tool whose server has the plugin attached. Elsewhere, use an instance: const memo = cache(); memo.${what}(…).`,
  );
}

const values: Values = {
  getOrSet: async (...args) => current("getOrSet").getOrSet(...args),
  state: async (...args) => current("state").state(...args),
};

/**
 * Stores the results of read-only tools, per caller, and whatever else tools' authors want to keep across calls.
 * `cache.getOrSet` and `cache.state` are those of the current call's server; instances have the same methods.
 */
export const cache: typeof define & Values = Object.assign(define, values);
