import { type Call, matcher } from "@plugboard/core";
import type { z } from "zod";
import type { Scope } from "./key.ts";
import { type CacheOptions, policySchema, type ToolSettings } from "./options.ts";

/** How the results of one tool are treated; times in milliseconds. */
export interface Policy {
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly staleIfErrorMs: number;
  readonly errorTtlMs: number;
  readonly scope: Scope;
  /** The tags of its entries, but for the caller's. */
  readonly tags: readonly string[];
}

/** What the options of a plugin instance say of all tools. */
type PolicyOptions = Pick<CacheOptions, "ttlMs" | "staleMs" | "staleIfErrorMs" | "scope" | "tools" | "invalidates">;

/** Where requests, tools and results speak of the cache in their `_meta`. */
export const CACHE_META = "dev.plugboard/cache";

/** Tags: of a tool, of a caller, of one's own, and of what a pattern in `invalidates` stands for. */
export const toolTag = (tool: string): string => `tool ${tool}`;
export const callerTag = (id: string): string => `caller ${id}`;
export const ownTag = (tag: string): string => `tag ${tag}`;
const targetTag = (pattern: string): string => `target ${pattern}`;

interface Rule {
  readonly fits: (name: string) => boolean;
  readonly settings: false | ToolSettings;
  /** Whether it says enough of a name to vouch for a tool that is not read-only. */
  readonly names: boolean;
}

interface Memo {
  readonly annotations: object;
  readonly toolMeta: object;
  readonly policy: Policy | undefined;
}

/** Decides which tools are cached, and how. */
export class Policies {
  readonly #options: PolicyOptions;
  readonly #rules: readonly Rule[];
  readonly #writers: readonly { readonly fits: (name: string) => boolean; readonly tags: readonly string[] }[];
  readonly #targets: readonly { readonly fits: (name: string) => boolean; readonly tag: string }[];
  readonly #warn: (message: string) => void;
  /** Tools that the operator was warned of: servers may be made for every request. */
  readonly #told = new Set<string>();
  readonly #memos = new Map<string, Memo>();

  constructor(options: PolicyOptions, warn: (message: string) => void) {
    this.#options = options;
    this.#warn = warn;
    const rule = ([pattern, settings]: [string, false | ToolSettings]): Rule => ({
      fits: matcher([pattern]),
      settings,
      names: /[^*]/.test(pattern),
    });
    // An exact name says more than a pattern; patterns count in their order.
    const entries = Object.entries(options.tools);
    const isPattern = ([name]: [string, unknown]): boolean => name.includes("*");
    this.#rules = [...entries.filter((entry) => !isPattern(entry)), ...entries.filter(isPattern)].map(rule);
    this.#writers = Object.entries(options.invalidates).map(([pattern, targets]) => ({
      fits: matcher([pattern]),
      tags: targets.map((target) => (target.startsWith("tag:") ? ownTag(target.slice(4)) : targetTag(target))),
    }));
    const targets = new Set(Object.values(options.invalidates).flat());
    this.#targets = [...targets]
      .filter((target) => !target.startsWith("tag:"))
      .map((target) => ({ fits: matcher([target]), tag: targetTag(target) }));
  }

  /** Undefined where the tool's results are not to be stored. */
  of({ tool, annotations, toolMeta }: Call): Policy | undefined {
    const memo = this.#memos.get(tool);
    if (memo && memo.annotations === annotations && memo.toolMeta === toolMeta) return memo.policy;
    const policy = this.#decide(tool, annotations.readOnlyHint === true, toolMeta[CACHE_META]);
    // Tools come and go with dynamic servers: what is forgotten is decided again.
    if (this.#memos.size >= 1000) this.#memos.clear();
    this.#memos.set(tool, { annotations, toolMeta, policy });
    return policy;
  }

  #decide(tool: string, readOnly: boolean, declared: unknown): Policy | undefined {
    if (declared === "no-store") return undefined;
    const rule = this.#rules.find(({ fits }) => fits(tool));
    if (rule?.settings === false || !(readOnly || rule?.names)) return undefined;
    const { ttlMs, staleMs, staleIfErrorMs, scope } = this.#options;
    const own = this.#declared(tool, declared);
    const said = rule?.settings ?? {};
    if ((said.ttlMs ?? own.ttlMs ?? ttlMs) === 0) return undefined;
    const tags = [...(own.tags ?? []), ...(said.tags ?? [])].map(ownTag);
    return {
      ttlMs: said.ttlMs ?? own.ttlMs ?? ttlMs,
      staleMs: said.staleMs ?? own.staleMs ?? staleMs,
      staleIfErrorMs: said.staleIfErrorMs ?? own.staleIfErrorMs ?? staleIfErrorMs,
      errorTtlMs: said.errorTtlMs ?? 0,
      scope: said.scope ?? own.scope ?? scope,
      tags: [toolTag(tool), ...tags, ...this.#targets.filter(({ fits }) => fits(tool)).map(({ tag }) => tag)],
    };
  }

  /** What the tool's author wrote beside it. */
  #declared(tool: string, declared: unknown): z.output<typeof policySchema> {
    if (declared === undefined) return {};
    const parsed = policySchema.safeParse(declared);
    if (parsed.success) return parsed.data;
    const { path, message } = parsed.error.issues[0] ?? { path: [], message: "" };
    if (this.#told.has(tool) || this.#told.size >= 1000) return {};
    this.#told.add(tool);
    this.#warn(
      `the tool "${tool}" says something in _meta["${CACHE_META}"] that is not understood, so it is not heeded: ${[...path, message].join(": ")}`,
    );
    return {};
  }

  /** The tags that a successful call of `tool` invalidates; empty for nearly all. */
  invalidatedBy(tool: string): readonly string[] {
    if (this.#writers.length === 0) return NONE;
    return this.#writers.flatMap(({ fits, tags }) => (fits(tool) ? tags : NONE));
  }
}

const NONE: readonly string[] = [];
