import { cutText } from "./text.ts";

/** Every code of a `PluginError`, with what to do about it. */
export const pluginErrors = {
  BAD_NAME: "Use one lower-case word of letters, digits and hyphens that starts with a letter.",
  BAD_OPTIONS: "Correct the field; the package's README lists all options.",
  BAD_TOOL: "Correct the tool's definition in the plugin's setup.",
  BAD_RESOURCE: "Correct the resource's definition in the plugin's setup.",
  BAD_SETUP: "Correct the plugin's setup: it is synchronous, does no I/O, and uses its host only while it runs.",
  SETUP_FAILED: "See the cause; what setup had opened was closed again.",
  NOT_A_PLUGIN: "Pass instances made by a factory of definePlugin, such as search().",
  DUPLICATE_PLUGIN: "Give one of them another name: factory(options, { as: 'other' }).",
  DUPLICATE_TOOL: "Rename one of them, or give the plugin another name: factory(options, { as: 'other' }).",
  DUPLICATE_RESOURCE: "Give one of them another name and URI; a plugin derives its own from host.name.",
  ATTACH_AFTER_CONNECT: "Attach before server.connect(): capabilities cannot be added to an open connection.",
  UNSUPPORTED_SERVER:
    "Pass an McpServer of @modelcontextprotocol/sdk or @modelcontextprotocol/server; the low-level Server is not supported.",
  UNSUPPORTED_SDK:
    "Use @modelcontextprotocol/sdk 1.24 to 1.x or @modelcontextprotocol/server 2.x, or update @plugboard/core.",
  TWO_CORES:
    "Install one version of @plugboard/core: run `npm ls @plugboard/core`, align the versions, then `npm dedupe`.",
  DISPOSED: "Make a new instance: a disposed plugin cannot be attached again.",
  NEXT_TWICE: "Call next() at most once in a middleware; use call.dispatch() to run a tool again.",
  BAD_RESULT: "Return the result of next(), or one made by toolResult().",
  DISPOSE_FAILED: "See the cause; everything else was closed.",
} as const;

export type PluginErrorCode = keyof typeof pluginErrors;

/** A mistake in composition, found early: names the plugin, where there is one the field, and the fix. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  readonly code: PluginErrorCode;
  readonly plugin: string;
  /** What is wrong, and what to do about it: the two halves of the message. */
  readonly problem: string;
  readonly fix: string;
  /** The option, tool or resource at fault, where there is one: `ttlMs`, `rules[0].limit`. */
  readonly field: string | undefined;

  constructor(code: PluginErrorCode, plugin: string, problem: string, more: { field?: string; cause?: unknown } = {}) {
    const fix = pluginErrors[code];
    super(`${plugin}: ${problem} ${fix} [${code}]`, more);
    this.code = code;
    this.plugin = plugin;
    this.problem = problem;
    this.fix = fix;
    this.field = more.field;
  }
}

/**
 * A failure that the model should read: what happened, why, and what to try. Thrown in a tool, it becomes an `isError`
 * result with exactly this text; `meta` goes into the result's `_meta` (use keys with a reverse-DNS prefix).
 */
export class ToolError extends Error {
  override readonly name = "ToolError";
  readonly meta: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, options: { meta?: Readonly<Record<string, unknown>>; cause?: unknown } = {}) {
    super(message, options);
    this.meta = options.meta;
  }
}

const URL_ELICITATION_REQUIRED = -32042;

/** The one protocol error that a tool may throw to the client: it asks the person to open a URL first. */
export function isElicitation(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === URL_ELICITATION_REQUIRED;
}

const INTERNAL = new Set([
  "TypeError",
  "ReferenceError",
  "RangeError",
  "SyntaxError",
  "EvalError",
  "AssertionError",
  "ZodError",
  "$ZodError",
]);
const STACK_LINES = /\n\s+at [^\n]*/g;
/** Of at least two parts, so that `/forecast` or `and/or` stay: on Unix, on Windows, on a share, as a URL. */
const ABSOLUTE_PATH =
  /file:\/\/[^\s'")\]]+|(?<![\w./])(?:\/(?:[\w.@+~-]+\/)+|[A-Za-z]:\\(?:[^\s\\'"]+\\)*|\\\\[^\s'"]+\\)[^\s'":,;)\]]*/g;

/** Longest message of an error that a model is shown, in characters. */
const MAX_SHOWN = 1000;

/** What `error` says to a model without naming the machine's insides: message without absolute paths, at most 1,000 characters. */
export function safeMessage(error: unknown): { text: string; hidden: boolean } {
  if (error instanceof ToolError) return { text: error.message, hidden: false };
  if (!(error instanceof Error)) {
    return typeof error === "string" && error !== "" ? redact(error) : { text: "", hidden: true };
  }
  const { syscall, code } = error as { syscall?: unknown; code?: unknown };
  if (typeof syscall === "string") return { text: `${String(code)} in ${syscall}`, hidden: true };
  if (INTERNAL.has(error.name) || error.message === "") return { text: "", hidden: true };
  return redact(error.message);
}

function redact(message: string): { text: string; hidden: boolean } {
  const text = cutText(message.replace(STACK_LINES, ""), MAX_SHOWN).replace(ABSOLUTE_PATH, "[path]");
  return { text, hidden: text !== message };
}
