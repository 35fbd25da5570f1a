import { currentCall, definePlugin } from "@plugboard/core";
import { clearTool, type Invalidated } from "./clear.ts";
import { Keys } from "./key.ts";
import { Leaders } from "./leaders.ts";
import { Loader } from "./loader.ts";
import { MemoryStore } from "./memory.ts";
import { type CacheOptions, cacheOptions } from "./options.ts";
import { callerTag, ownTag, Policies, toolTag } from "./policy.ts";
import { RedisStore } from "./redis.ts";
import { resultsLayer } from "./results.ts";
import { States } from "./states.ts";
import { ALL, type Store } from "./store.ts";
import { TieredStore } from "./tiered.ts";
import { type Values, valuesOf } from "./values.ts";

export { cacheOptions } from "./options.ts";
export type { Invalidated } from "./clear.ts";
export type { Scope } from "./key.ts";
export type { Claim, Entry, Read, Store, WriteOptions } from "./store.ts";
export type { SharedStateOptions, ValueOptions, Values } from "./values.ts";

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
    const leaders = new Leaders();
    host.onDispose(() => store.close());
    host.onDispose(() => loader.close(host.signal.reason));
    host.onDispose(() => states.close(host.signal.reason));

    host.use(resultsLayer({ policies, keys, loader, leaders }));

    const stats = (): Readonly<Record<string, number>> => ({
      ...store.stats(),
      ...loader.stats(),
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
    if (options.clearTool) clearTool(host, invalidate);
    const api: Cache = { ...valuesOf({ keys, loader, leaders, states, options }), invalidate, stats };
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
