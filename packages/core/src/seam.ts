import { Frame, type Tool, ToolCall } from "./call.ts";
import { composeLayers, type Runner } from "./chain.ts";
import type { Instance } from "./host.ts";
import { type Connection, type Native, NOTHING, Request } from "./request.ts";
import { asMade, toolError } from "./result.ts";
import { checkedOutput, runTool } from "./run.ts";
import { parse } from "./schema.ts";
import type {
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
  readonly #filters: ((tool: ToolInfo, principal: Principal) => boolean)[] = [];

  constructor(connection: Connection, identity: ServerIdentity) {
    this.#connection = connection;
    this.identity = identity;
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  /** Adds the layers of instances inside those that are there, and their filters. */
  add(instances: readonly Instance[]): void {
    this.#instances.push(...instances);
    this.#chain = composeLayers(
      this.#instances.flatMap(({ layers }) => layers),
      runTool,
    );
    this.#filters.push(...instances.flatMap(({ filters }) => filters));
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
    const call = new ToolCall(new Frame(this, tool, request), args ? { args } : NOTHING, undefined);
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
