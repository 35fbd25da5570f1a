import { AsyncLocalStorage } from "node:async_hooks";
import { GONE, NOTHING, type Request } from "./request.ts";
import type {
  Call,
  CallChanges,
  DispatchOptions,
  LogLevel,
  Made,
  Prepared,
  Principal,
  Progress,
  Refused,
  ServerIdentity,
  Services,
  ToolAnnotations,
  ToolResult,
} from "./types.ts";

const storage = new AsyncLocalStorage<Call>();

/** The current call, from any depth of nested code inside a tool; undefined elsewhere. */
export function currentCall(): Call | undefined {
  return storage.getStore();
}

/**
 * Called when a request goes to the client: marks the call that asks, and those whose outcome depends on it.
 * @throws Error when its caller was answered already, or has left: work that goes on for others asks nobody
 */
export function markAsked(): void {
  const asking = currentCall() as ToolCall | undefined;
  for (let call = asking; call; call = call.parent) call.frame.asked = true;
  if (asking?.frame.request.closed) throw new Error(GONE);
}

/** Runs `fn` as the inside of `call`. */
export function runInside<T>(call: ToolCall, fn: (call: ToolCall) => T): T {
  return storage.run(call, fn, call);
}

export type Callback = (...args: unknown[]) => unknown;

/** What `registerTool` returns, in both SDKs. */
export interface RegisteredTool {
  enabled: boolean;
  annotations?: ToolAnnotations;
  _meta?: Record<string, unknown>;
  inputSchema?: unknown;
  outputSchema?: unknown;
  handler: unknown;
  update(changes: { name?: string | null; callback?: Callback; [key: string]: unknown }): void;
}

/** A tool of the server, whoever registered it. Its identity outlives renames. */
export interface Tool {
  name: string;
  registered: RegisteredTool;
  /** Runs the tool's own code: a plain callback with the SDK's arguments, or a plugin's handler. */
  run(call: ToolCall): unknown;
  /** The plugin whose tool it is; undefined for the server's own. */
  readonly owner: { readonly name: string; warn(message: string, detail: unknown): void } | undefined;
}

/** What a call asks of the server that it runs on. */
interface Server {
  readonly identity: ServerIdentity;
  prepare(parent: ToolCall, tool: string, args: unknown): Promise<Prepared | Refused>;
  service<N extends keyof Services>(name: N): Services[N] | undefined;
}

/** What stays the same while layers change a call: the tool as it was when the call began, the request, the server. */
export class Frame {
  readonly server: Server;
  readonly tool: Tool;
  readonly request: Request;
  readonly name: string;
  readonly annotations: Readonly<ToolAnnotations>;
  readonly toolMeta: Readonly<Record<string, unknown>>;
  asked: boolean;
  returned: ToolResult | undefined;
  running: Promise<unknown> | undefined;

  constructor(server: Server, tool: Tool, request: Request) {
    this.server = server;
    this.tool = tool;
    this.request = request;
    this.name = tool.name;
    this.annotations = tool.registered.annotations ?? NOTHING;
    this.toolMeta = tool.registered._meta ?? NOTHING;
    this.asked = request.answers;
    this.returned = undefined;
    this.running = undefined;
  }
}

const ignore = (): void => {};

export class ToolCall implements Call {
  readonly #changes: CallChanges;
  readonly frame: Frame;
  readonly parent: ToolCall | undefined;

  constructor(frame: Frame, changes: CallChanges, parent: ToolCall | undefined) {
    this.frame = frame;
    this.#changes = changes;
    this.parent = parent;
  }

  get tool(): string {
    return this.frame.name;
  }
  get args(): Readonly<Record<string, unknown>> {
    return this.#changes.args ?? NOTHING;
  }
  get annotations(): Readonly<ToolAnnotations> {
    return this.frame.annotations;
  }
  get toolMeta(): Readonly<Record<string, unknown>> {
    return this.frame.toolMeta;
  }
  get inputSchema(): unknown {
    return this.frame.tool.registered.inputSchema;
  }
  get outputSchema(): unknown {
    return this.frame.tool.registered.outputSchema;
  }
  get server(): ServerIdentity {
    return this.frame.server.identity;
  }
  get id(): object {
    return this.frame;
  }
  get asked(): boolean {
    return this.frame.asked;
  }
  get returned(): ToolResult | undefined {
    return this.frame.returned;
  }
  get running(): Promise<void> | undefined {
    return this.frame.running?.then(ignore, ignore);
  }
  get signal(): AbortSignal {
    return this.#changes.signal ?? this.frame.request.signal;
  }
  get principal(): Principal {
    return this.frame.request.principal;
  }
  get sessionId(): string | undefined {
    return this.frame.request.sessionId;
  }
  get meta(): Readonly<Record<string, unknown>> {
    return this.frame.request.meta;
  }
  get report(): (progress: Progress) => Promise<void> {
    return this.#changes.report ?? this.frame.request.report;
  }
  get log(): (level: LogLevel, data: unknown) => Promise<void> {
    return this.#changes.log ?? this.frame.request.log;
  }
  get dispatch(): (tool: string, args?: unknown, options?: DispatchOptions) => Promise<ToolResult & Made> {
    return async (tool, args, options) => {
      const prepared = await this.prepare(tool, args);
      return prepared.ok ? prepared.run(options) : prepared.error;
    };
  }
  get prepare(): (tool: string, args?: unknown) => Promise<Prepared | Refused> {
    return (tool, args = {}) => this.frame.server.prepare(this, tool, args);
  }
  get detach(): (signal: AbortSignal) => ToolCall {
    return (signal) => {
      const { server, tool, request } = this.frame;
      return new ToolCall(new Frame(server, tool, request.detach(signal)), { args: this.args }, this.parent);
    };
  }
  get service(): <N extends keyof Services>(name: N) => Services[N] | undefined {
    return (name) => this.frame.server.service(name);
  }
  with(changes: CallChanges): ToolCall {
    return new ToolCall(this.frame, { ...this.#changes, ...changes }, this.parent);
  }
}
