import { type Call, currentCall, ToolError } from "@plugboard/core";
import { runOutside } from "@plugboard/core/flight";
import { copyOf } from "./copy.ts";
import type { Keys, Scope } from "./key.ts";
import type { Leaders } from "./leaders.ts";
import type { Loader } from "./loader.ts";
import { type CacheOptions, MAX_MS } from "./options.ts";
import { callerTag, ownTag } from "./policy.ts";
import type { Loaded } from "./request.ts";
import type { StateOptions, States } from "./states.ts";
import { ALL } from "./store.ts";

/** How a value is cached. Times in milliseconds; where one is not given, the plugin's option of that name counts. */
export interface ValueOptions {
  readonly ttlMs?: number;
  readonly staleMs?: number;
  readonly staleIfErrorMs?: number;
  readonly tags?: readonly string[];
  /** Who shares it. Default: the caller of the current tool call alone (`principal`); outside of a call say `public`. */
  readonly scope?: Scope;
  /** Leaves early when it aborts. Default: the current call's signal. */
  readonly signal?: AbortSignal;
}

/** Who shares a value of `state`, besides how it is made. */
export interface SharedStateOptions<T> extends StateOptions<T> {
  /** Default: the caller of the current tool call (`principal`); outside of a call say `process`. */
  readonly scope?: "process" | "principal" | "session";
}

/** The cache for what is not a tool's result: values that tools' authors compute or open. */
export interface Values {
  /**
   * The value under `key`, loaded when there is none: JSON data, stored as a copy. Concurrent callers share one load; it runs
   * outside of every call's context, and is cancelled when nobody waits for it any more. Undefined is not stored.
   * @throws what `load` throws, which is not stored; Error outside of a call without `scope: "public"`; TypeError when the
   * value is no JSON data
   */
  getOrSet<T>(key: string, load: (signal: AbortSignal) => T | Promise<T>, options?: ValueOptions): Promise<T>;
  /**
   * A value that lives across calls in this process: a connection, a client, an open file. Created once, also under concurrent
   * first use; disposed of when no call has used it for `idleMs`, and on shutdown. A failed creation is not remembered.
   * @throws what `create` throws; Error outside of a call without `scope: "process"`, or when there are too many in use
   */
  state<T>(name: string, create: (signal: AbortSignal) => T | Promise<T>, options?: SharedStateOptions<T>): Promise<T>;
}

interface Parts {
  readonly keys: Keys;
  readonly loader: Loader;
  readonly leaders: Leaders;
  readonly states: States;
  readonly options: CacheOptions;
}

export function valuesOf({ keys, loader, leaders, states, options }: Parts): Values {
  const load = async <T>(
    key: string,
    loadValue: (signal: AbortSignal) => T | Promise<T>,
    signal: AbortSignal,
  ): Promise<Loaded<T>> => {
    const value = await runOutside(async () => loadValue(signal));
    const copied = value === undefined ? undefined : copyOf(value, Infinity);
    if (copied && !copied.ok) {
      throw new TypeError(
        `cache.getOrSet(${JSON.stringify(key)}): the value cannot be stored, since ${copied.why}. cache.state() keeps values of any kind.`,
      );
    }
    return { value, common: copied?.value, failed: false };
  };

  return {
    async getOrSet<T>(
      key: string,
      loadValue: (signal: AbortSignal) => T | Promise<T>,
      { scope = "principal", tags = [], ...rest }: ValueOptions = {},
    ): Promise<T> {
      const call = currentCall();
      const stored = keys.ofValue(key, scope, call);
      if (stored === undefined) {
        requireCall(call, `cache.getOrSet(${JSON.stringify(key)})`, 'scope: "public"');
        loader.count("bypass");
        return (await load(key, loadValue, rest.signal ?? call.signal)).value;
      }
      const { ttlMs = options.ttlMs, staleMs = options.staleMs, staleIfErrorMs = options.staleIfErrorMs } = rest;
      checkTimes("getOrSet", key, { ttlMs, staleMs, staleIfErrorMs });
      const caller = scope === "public" || !call ? [] : [callerTag(keys.identity(call.principal.id))];
      const plan = {
        key: stored,
        tags: [...tags.map(ownTag), ...caller, ALL],
        ttlMs,
        staleMs,
        staleIfErrorMs,
        errorTtlMs: 0,
      };
      const { value } = await loader.get<T, never>(plan, {
        caller: call ? (keys.caller(call.principal) ?? call.id) : "",
        signal: rest.signal ?? call?.signal,
        onNews: undefined,
        refresh: false,
        maxAgeMs: Infinity,
        leading: leaders.loadingsAbove(call),
        accepts: () => true,
        load: ({ signal }) => load(key, loadValue, signal),
        reload: ({ signal }) => load(key, loadValue, signal),
      });
      return value;
    },

    async state(name, create, { scope = "principal", ...rest } = {}) {
      const call = currentCall();
      const key = keys.ofState(name, scope, call);
      if (key === undefined) {
        requireCall(call, `cache.state(${JSON.stringify(name)})`, 'scope: "process"');
        throw new ToolError(
          scope === "session" && call.principal.kind !== "anonymous"
            ? "This tool keeps something for each session, and this connection has none. Connect with a session."
            : "This tool keeps something for each user, and this server does not know who you are. Sign in, or connect with a session.",
        );
      }
      if (rest.idleMs !== undefined) checkTimes("state", name, { idleMs: rest.idleMs });
      return states.get(key, create, rest);
    },
  };
}

/** @throws RangeError */
function checkTimes(method: string, key: string, times: Readonly<Record<string, number>>): void {
  for (const [name, ms] of Object.entries(times)) {
    if (ms >= 0 && ms <= MAX_MS) continue;
    const what = `cache.${method}(${JSON.stringify(key)})`;
    throw new RangeError(`${what}: \`${name}\` is ${ms}. Give milliseconds, from 0 to ${MAX_MS} (30 days).`);
  }
}

function requireCall(call: Call | undefined, what: string, remedy: string): asserts call is Call {
  if (call) return;
  throw new Error(
    `${what} was called outside of a tool call, so nobody knows for whom. Say { ${remedy} } if it is for everybody.`,
  );
}
