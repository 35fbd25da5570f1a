import { Frame, runInside, type Tool, ToolCall } from "./call.ts";
import { composeLayers, type Runner } from "./chain.ts";
import { isElicitation, safeMessage } from "./errors.ts";
import type { Instance } from "./host.ts";
import { type Native, type Connection, Request } from "./request.ts";
import { asMade, failed, toolError } from "./result.ts";
import { parse } from "./schema.ts";
import type {
  Call,
  DispatchOptions,
  Made,
  Prepared,
  Principal,
  Progress,
  Refused,
  ServerIdentity,
  Services,
  ToolInfo,
  ToolResult,
} from "./types.ts";

/** What every tool call of one server passes: the layers of its plugins, between input and output validation. */
export class Seam {
  readonly tools = new Map<string, Tool>();
  readonly identity: ServerIdentity;
  readonly #connection: Connection;
  readonly #instances: Instance[] = [];
  #chain: Runner = runTool;
  #filters: ((tool: ToolInfo, principal: Principal) => boolean)[] = [];

  constructor(connection: Connection, identity: ServerIdentity) {
    this.#connection = connection;
    this.identity = identity;
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Adds an instance's layers inside those that are there. */
  add(instance: Instance): void {
    this.#instances.push(instance);
    this.#chain = composeLayers(
      this.#instances.flatMap(({ layers }) => layers),
      runTool,
    );
    this.#filters = this.#instances.flatMap(({ filters }) => filters);
  }

  service<N extends keyof Services>(name: N): Services[N] | undefined {
    const found = this.#instances.find((instance) => instance.name === name);
    return found?.disposed === false ? (found.api as Services[N]) : undefined;
  }

  /** Whether `caller` may see and call `tool`. */
  isVisible(tool: Tool | undefined, caller: { readonly principal: Principal }): boolean {
    if (this.#filters.length === 0 || !tool) return true;
    const info = infoOf(tool);
    return this.#filters.every((visible) => visible(info, caller.principal));
  }

  /** As `isVisible`, for a request that is not a tool call. */
  canList(name: string, native: Native): boolean {
    return this.isVisible(this.tools.get(name), this.request(native));
  }

  request(native: Native): Request {
    return new Request(native, this.#connection);
  }

  /** A call that the SDK hands over, arguments validated. */
  enter(tool: Tool, args: Record<string, unknown> | undefined, native: Native): Promise<ToolResult> {
    const request = this.request(native);
    if (!this.isVisible(tool, request)) return Promise.resolve(toolError(`Tool ${tool.name} not found`));
    const call = new ToolCall(new Frame(this, tool, request), args ? { args } : NO_CHANGES, undefined);
    return this.#chain(call).then(
      (result) => {
        const closing = request.close();
        return closing ? closing.then(() => result) : result;
      },
      (error: unknown) => {
        void request.close();
        throw error;
      },
    );
  }

  /** A call that a tool or layer wants to make: looked up and validated as one from outside. */
  async prepare(parent: ToolCall, name: string, args: unknown): Promise<Prepared | Refused> {
    const tool = this.tools.get(name);
    const { request } = parent.frame;
    if (!tool?.registered.enabled || !this.isVisible(tool, request)) {
      return refused(`There is no tool \`${name}\`. ${this.#listing(request)}`);
    }
    const path = pathTo(parent);
    if (path.includes(tool)) {
      const names = [...path, tool].map((step) => `\`${step.name}\``).join(" → ");
      return refused(`\`${name}\` cannot run inside itself (${names}). Call it on its own.`);
    }
    const parsed = await parseArgs(tool, args);
    if (!parsed.ok) return refused(`Invalid arguments for \`${name}\`: ${parsed.problem}. Correct them and try again.`);
    return {
      ok: true,
      get tool() {
        return infoOf(tool);
      },
      args: parsed.value,
      run: (options) => this.#run(parent, tool, parsed.value, options),
    };
  }

  async #run(
    parent: ToolCall,
    tool: Tool,
    args: Record<string, unknown>,
    options: DispatchOptions = {},
  ): Promise<ToolResult & Made> {
    if (!tool.registered.enabled || !this.isVisible(tool, parent.frame.request)) {
      return toolError(`The tool \`${tool.name}\` is not available any more.`);
    }
    const signal = options.signal ? AbortSignal.any([parent.signal, options.signal]) : parent.signal;
    const report = options.report ? safely(options.report) : parent.report;
    const frame = new Frame(this, tool, parent.frame.request);
    const result = await this.#chain(new ToolCall(frame, { args, signal, report, log: parent.log }, parent));
    return asMade(await checkedOutput(tool, result));
  }

  #listing(caller: { readonly principal: Principal }): string {
    const names = [...this.tools.values()].filter((tool) => tool.registered.enabled && this.isVisible(tool, caller));
    const shown = names.slice(0, 20).map(({ name }) => `\`${name}\``);
    if (names.length > shown.length) shown.push(`and ${names.length - shown.length} more`);
    return shown.length === 0 ? "This server has no tools." : `Tools: ${shown.join(", ")}.`;
  }
}

const NO_CHANGES = Object.freeze({});

/** A report that cannot fail whoever reports. */
function safely(report: (progress: Progress) => Promise<void>): (progress: Progress) => Promise<void> {
  return async (progress) => {
    try {
      await report(progress);
    } catch {
      // Progress is a side channel.
    }
  };
}

const refused = (message: string): Refused => ({ ok: false, error: toolError(message) });

function infoOf({ name, registered }: Tool): ToolInfo {
  return { name, annotations: registered.annotations ?? {}, toolMeta: registered._meta ?? {} };
}

function pathTo(call: ToolCall): Tool[] {
  const path: Tool[] = [];
  for (let at: ToolCall | undefined = call; at; at = at.parent) path.unshift(at.frame.tool);
  return path;
}

type ParsedArgs = { ok: true; value: Record<string, unknown> } | { ok: false; problem: string };

async function parseArgs({ registered }: Tool, args: unknown): Promise<ParsedArgs> {
  if (typeof args !== "object" || args === null || Array.isArray(args)) {
    return { ok: false, problem: "arguments must be an object" };
  }
  if (!registered.inputSchema) return { ok: true, value: {} };
  return (await parse(registered.inputSchema, args)) as ParsedArgs;
}

/**
 * The innermost of the chain: runs the tool's code. Whatever it throws becomes a result, but for cancellation and URL
 * elicitation. Written with as few promises as can be: they are most of what an attached server costs.
 */
function runTool(outer: Call): Promise<ToolResult> {
  const call = outer as ToolCall;
  if (call.signal.aborted) return Promise.reject(abortError(call.signal));
  try {
    const value = runInside(call, call.frame.tool.run);
    if (isThenable(value)) {
      const { frame } = call;
      const running = Promise.resolve(value).then(
        (awaited) => {
          frame.running = undefined;
          return ownResult(call, awaited);
        },
        (error: unknown) => {
          frame.running = undefined;
          return ownFailure(call, error);
        },
      );
      frame.running = running;
      return running;
    }
    return Promise.resolve(ownResult(call, value));
  } catch (error) {
    return new Promise((resolve) => resolve(ownFailure(call, error)));
  }
}

function ownFailure(call: ToolCall, error: unknown): ToolResult {
  return (call.frame.returned = thrown(call, error));
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";

/** What the tool's code returned, checked. */
function ownResult({ frame }: ToolCall, value: unknown): ToolResult | Promise<ToolResult> {
  const { tool } = frame;
  if (typeof value !== "object" || value === null) {
    return failed(
      `The tool \`${tool.name}\` returned ${String(value)} instead of a result. This is a fault of the tool.`,
      undefined,
    );
  }
  const result = value as ToolResult;
  frame.returned = result;
  return tool.owner || !tool.registered.outputSchema ? result : checkedOutput(tool, result);
}

function thrown({ signal, frame: { tool } }: ToolCall, error: unknown): ToolResult {
  if (signal.aborted || isElicitation(error)) throw error;
  if (tool.owner === undefined) return failed(error instanceof Error ? error.message : String(error), error);
  const { text, hidden } = safeMessage(error);
  if (!hidden) return failed(text, error);
  tool.owner.warn(`the tool "${tool.name}" failed`, error);
  return failed(`\`${tool.name}\` failed${text && `: ${text}`}. The details are in the server's log.`, error);
}

/** The reason of an abort as an error: clients give theirs as text. */
function abortError({ reason }: AbortSignal): Error {
  return reason instanceof Error
    ? reason
    : new DOMException(typeof reason === "string" ? reason : "The call was cancelled.", "AbortError");
}

/** An error in place of structured content that does not fit the tool's schema, so that no layer stores it. */
async function checkedOutput(tool: Tool, result: ToolResult): Promise<ToolResult> {
  const { outputSchema } = tool.registered;
  if (!outputSchema || result.structuredContent === undefined || result.isError) return result;
  const parsed = await parse(outputSchema, result.structuredContent);
  if (parsed.ok) return result;
  const message = `The result of \`${tool.name}\` does not fit its output schema: ${parsed.problem}. This is a fault of the tool, not of your arguments.`;
  return failed(message, new Error(message));
}
