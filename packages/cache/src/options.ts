import { redisOptions } from "@plugboard/core/redis";
import { z } from "zod";
import type { Store } from "./store.ts";

/** The longest time that anything is kept, in milliseconds. */
export const MAX_MS = 30 * 86_400_000;
const ms = z.int().min(0).max(MAX_MS);
const scope = z.enum(["principal", "session", "public"]);
const tags = z.array(z.string().min(1).max(128)).max(20);

/** What a tool's author may write beside the tool, in `_meta["dev.plugboard/cache"]`; or `"no-store"`. */
export const policySchema = z.strictObject({
  ttlMs: ms.optional(),
  staleMs: ms.optional(),
  staleIfErrorMs: ms.optional(),
  scope: scope.optional(),
  tags: tags.optional(),
});

const toolSettings = policySchema.extend({ errorTtlMs: ms.max(600_000).optional() });
export type ToolSettings = z.output<typeof toolSettings>;

const name = z.string().min(1).max(128).meta({ names: "tools" });

const redis = redisOptions.extend({ nearMs: ms.max(3_600_000).default(10_000) });

const isStore = (value: unknown): value is Store =>
  typeof value === "object" &&
  value !== null &&
  ["read", "write", "invalidate", "stats", "close"].every(
    (method) => typeof (value as Record<string, unknown>)[method] === "function",
  );
const ownStore = z
  .custom<Store>(isStore, "a store has the methods read, write, invalidate, stats and close")
  .meta({ type: "object" });

export const cacheOptions = z.strictObject({
  ttlMs: ms.default(60_000).describe("How long a result is fresh, in milliseconds; 0 stores nothing"),
  staleMs: ms
    .default(0)
    .describe("How long after that a result is given at once while a new one is loaded, in milliseconds"),
  staleIfErrorMs: ms
    .default(0)
    .describe("How long after that a result is given when the tool fails or is refused by a limit, in milliseconds"),
  scope: scope
    .default("principal")
    .describe("Who shares an entry: one caller, one session of a caller, or everybody (`public`)"),
  tools: z
    .record(name, z.union([z.literal(false), toolSettings]))
    .default({})
    .describe(
      "By name, or pattern with `*`: `false`, or settings of its own (`ttlMs`, `staleMs`, `staleIfErrorMs`, `errorTtlMs`, `scope`, `tags`). Named tools are cached though they are not marked read-only",
    ),
  invalidates: z
    .record(name, z.array(name).min(1).max(100))
    .default({})
    .describe("Which tools' results go when a tool has succeeded: names, patterns, or `tag:` and a tag"),
  version: z
    .string()
    .max(64)
    .default("")
    .describe("Part of every key: change it when the tools' code changes and their schemas do not"),
  jitter: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.1)
    .describe("By which part a time may be shorter, at random, so that not all entries end together"),
  maxEntries: z.int().min(1).max(1_000_000).default(10_000).describe("Most entries in this process"),
  maxBytes: z
    .int()
    .min(10_000)
    .max(4_000_000_000)
    .default(64_000_000)
    .describe("Most memory that entries take in this process, in bytes, counted rather too high"),
  maxEntryBytes: z
    .int()
    .min(1000)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe("A larger result is not stored, in bytes"),
  maxKeyChars: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(64_000)
    .describe("Calls with longer arguments are not cached, in characters"),
  maxWaitMs: ms
    .min(1)
    .max(600_000)
    .default(30_000)
    .describe("Longest that a call waits for another one's result before it does the work itself, in milliseconds"),
  maxFlights: z.int().min(1).max(1_000_000).default(10_000).describe("Most keys that are loaded at a time and shared"),
  maxStates: z.int().min(1).max(100_000).default(1000).describe("Most values of `state()` that live at a time"),
  idleMs: ms.min(1).default(300_000).describe("How long a value of `state()` lives that no call uses, in milliseconds"),
  clearTool: z.boolean().default(false).describe("Whether there is a tool `cache_clear`"),
  store: z
    .union([z.literal("memory"), redis, ownStore])
    .default("memory")
    .describe(
      '`"memory"`, or `{"redis": "redis://…"}` with `prefix`, `timeoutMs` of one command and `nearMs` (how long an entry is given without asking Redis), or a `Store`',
    ),
});

export type CacheOptions = z.output<typeof cacheOptions>;
