import { type Call, definePlugin, type Host, type Principal, type ServerIdentity } from "@plugboard/core";
import { RedisLink } from "@plugboard/core/redis";
import type { Clock } from "./clock.ts";
import { layerOf } from "./layer.ts";
import { Limiter } from "./limiter.ts";
import { MemoryStore } from "./memory.ts";
import { Names, ownerAmongMachines } from "./names.ts";
import { ratelimitOptions, type RedisOptions } from "./options.ts";
import { Rule } from "./rule.ts";
import { SharedStore } from "./shared.ts";

/** What is left of a budget of one caller. */
export interface BudgetLeft {
  readonly rule: string;
  readonly budget: number;
  /** Null where the store does not say. */
  readonly remaining: number | null;
  /** Milliseconds until all of it is there again, if nothing is spent. */
  readonly resetMs: number | null;
}

declare module "@plugboard/core" {
  interface Services {
    ratelimit: {
      /**
       * What is left to a caller of each budget that callers have of their own, by default at the server that was called
       * last: processes that share a Redis count for each server. Takes nothing.
       */
      budget(principal: Pick<Principal, "kind" | "id">, server?: Pick<ServerIdentity, "name">): Promise<BudgetLeft[]>;
    };
  }
}

/** What happens while Redis is away, for the operator. */
const MEANWHILE = {
  allow: "calls are not limited",
  deny: "calls are refused",
  local: "calls are counted in this process",
};

/** The plugin on a clock. */
export function ratelimitOn(clock: Clock) {
  return definePlugin({
    name: "ratelimit",
    options: ratelimitOptions,
    setup(host, { rules: given, store: where, onStoreError, maxKeys, maxWaiting }) {
      const now = monotonic(clock);
      const rules = given.map((rule, index) => new Rule(rule, index, maxKeys));
      const memory = new MemoryStore(now);
      const shared = where === "memory" ? undefined : sharedStore(host, where, onStoreError, memory, now);
      const limiter = new Limiter({ rules, store: shared ?? memory, clock, now, maxWaiting });
      const ownerOf = shared ? ownerAmongMachines() : ({ id }: Pick<Principal, "kind" | "id">) => id;
      host.onDispose(() => {
        limiter.close();
        shared?.close();
      });

      let lastServer: Pick<ServerIdentity, "name"> | undefined;
      host.use(
        layerOf(limiter, ({ principal, sessionId, server }: Call) => {
          lastServer = server;
          return { owner: ownerOf(principal), sessionId, server: server.name };
        }),
      );

      async function budget(
        principal: Pick<Principal, "kind" | "id">,
        server: Pick<ServerIdentity, "name"> | undefined = lastServer,
      ): Promise<BudgetLeft[]> {
        const ticket = limiter.budgets({ owner: ownerOf(principal), sessionId: undefined, server: server?.name ?? "" });
        const isKnown = !shared || server !== undefined;
        const standings = isKnown ? await limiter.look(ticket) : [];
        return ticket.claims.map(({ rule }, index) => {
          const { left, resetUs } = standings[index] ?? {};
          const resetMs = resetUs === undefined ? null : Math.ceil(resetUs / 1000);
          return { rule: rule.name, budget: rule.most, remaining: left ?? null, resetMs };
        });
      }

      if (rules.some((rule) => rule.isOfCallers)) {
        host.resource(
          "budget",
          `${host.name}://budget`,
          {
            title: "Budget",
            description: "What is left to you of the budgets for calls of tools, and when they are whole again.",
            mimeType: "application/json",
          },
          async (_uri, _variables, { principal, server }) =>
            JSON.stringify({ budgets: await budget(principal, server) }),
        );
      }

      return { budget, stats: () => ({ ...limiter.stats(), storeErrors: shared?.errors ?? 0 }) };
    },
  });
}

function sharedStore(
  host: Host,
  { redis, prefix, timeoutMs, leaseMs }: RedisOptions,
  onError: "allow" | "deny" | "local",
  memory: MemoryStore,
  now: () => number,
): SharedStore {
  const { name, warn } = host;
  const link = new RedisLink({ url: redis, timeoutMs, plugin: name, meanwhile: MEANWHILE[onError], warn });
  return new SharedStore({
    link,
    names: new Names(prefix, name),
    now,
    leaseMs,
    onError,
    memory,
    warn: (error) => warn(`Redis gave no answer that makes sense: ${MEANWHILE[onError]}.`, error),
  });
}

/** Time that never falls, whatever the clock does. */
function monotonic(clock: Clock): () => number {
  let last = -Infinity;
  return () => (last = Math.max(last, clock.now()));
}
