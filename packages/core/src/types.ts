import type { z } from "zod";

/** JSON-like data, as a tool's handler returns it. */
export type Data = string | number | boolean | null | undefined | object;

/** One block of a result's content: text, image, audio, resource link or embedded resource (specification, "Tools"). */
export interface ContentBlock {
  type: string;
  [key: string]: unknown;
}

/**
 * What a tool call yields. Shapes that are not known here (multi-round-trip requests, task creation) have no `content`
 * and pass through every layer untouched.
 */
export interface ToolResult extends ResultExtras {
  content?: ContentBlock[];
  [key: string]: unknown;
}

declare const made: unique symbol;
/** Marks results that were made as results, so that data which happens to look like one stays data. */
export interface Made {
  readonly [made]: true;
}

/** What a result may have besides its content. */
export interface ResultExtras {
  structuredContent?: unknown;
  isError?: boolean;
  _meta?: Record<string, unknown>;
}

/** The hints of the specification. Absent hints mean: not read-only, destructive, not idempotent, open world. */
export interface ToolAnnotations {
  title?: string | undefined;
  readOnlyHint?: boolean | undefined;
  destructiveHint?: boolean | undefined;
  idempotentHint?: boolean | undefined;
  openWorldHint?: boolean | undefined;
}

/** A progress report: `progress` must rise from report to report, `total` has the same unit, `message` is for people. */
export interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** Severities of RFC 5424, as the protocol names them. */
export type LogLevel = "debug" | "info" | "notice" | "warning" | "error" | "critical" | "alert" | "emergency";

/**
 * Who calls. `id` is stable and opaque (a hash, never a token or a session id in the clear), safe as part of a key.
 * - `subject`: issuer and subject of a verified token;
 * - `token`: a verified token without a subject;
 * - `session`: an HTTP session without authentication;
 * - `local`: stdio or in memory, one user by construction;
 * - `anonymous`: nothing is known: gets no private state and holds no handles.
 */
export interface Principal {
  readonly kind: "subject" | "token" | "session" | "local" | "anonymous";
  readonly id: string;
  /** Scopes of the verified token; empty without one. */
  readonly scopes: readonly string[];
}

/** APIs of plugins by name, for `call.service(name)`. Plugins add theirs by declaration merging. */
export interface Services {}

/** A tool that can be called with these arguments. */
export interface Prepared {
  readonly ok: true;
  /** The tool as it is now. */
  readonly tool: ToolInfo;
  /** Validated, defaults applied. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The second half of `dispatch`. */
  run(options?: DispatchOptions): Promise<ToolResult & Made>;
}

/** Why a call cannot be made, as the result that it would have. */
export interface Refused {
  readonly ok: false;
  readonly error: ToolResult & Made;
}

/** How `dispatch` runs the other tool. */
export interface DispatchOptions {
  /** Cancels the dispatched call as well as the caller's own signal does. */
  readonly signal?: AbortSignal | undefined;
  /** Gets the dispatched call's progress. Default: the caller's own `report`. */
  readonly report?: ((progress: Progress) => Promise<void>) | undefined;
}

/** Name and version of a server. */
export interface ServerIdentity {
  readonly name: string;
  readonly version: string;
}

/** What a layer may change in the call that it hands down. */
export interface CallChanges {
  readonly args?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
  readonly report?: (progress: Progress) => Promise<void>;
  readonly log?: (level: LogLevel, data: unknown) => Promise<void>;
}

/** One tool call: after input validation, before the tool runs. Immutable: `next(call.with({ … }))`. */
export interface Call {
  /** The tool's current name. */
  readonly tool: string;
  /** Validated arguments, defaults applied. A changed copy is not validated again. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<ToolAnnotations>;
  /** The tool's own `_meta`: policy that its author writes beside the tool. */
  readonly toolMeta: Readonly<Record<string, unknown>>;
  /** The tool's schemas, as the SDK holds them; a result that does not fit the output schema is refused after the chain. */
  readonly inputSchema: unknown;
  readonly outputSchema: unknown;
  /** The server that the tool belongs to, as it introduces itself to clients. */
  readonly server: Readonly<ServerIdentity>;
  /** Stands for the call, whatever copies layers make of it: the key for what a layer remembers of it in a `WeakMap`. */
  readonly id: object;
  /** Aborts when the client cancels or goes away. */
  readonly signal: AbortSignal;
  readonly principal: Principal;
  /** Undefined in the stateless protocol: never rely on it. */
  readonly sessionId: string | undefined;
  /** The request's `_meta`. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** Reports progress to the client. Never rejects; does nothing without a token, after the response or after cancellation. */
  readonly report: (progress: Progress) => Promise<void>;
  /** Sends a log message that belongs to this request, if the client's level asks for it. Never rejects. */
  readonly log: (level: LogLevel, data: unknown) => Promise<void>;
  /**
   * Runs another tool of the same server: validation, whole chain, the caller's identity, signal and progress. Resolves to
   * an `isError` result for every failure (unknown tool, bad arguments, a cycle); rejects only as `next` does.
   */
  readonly dispatch: (tool: string, args?: unknown, options?: DispatchOptions) => Promise<ToolResult & Made>;
  /** The first half of `dispatch`: finds the tool and checks the arguments, and runs nothing yet. Never rejects. */
  readonly prepare: (tool: string, args?: unknown) => Promise<Prepared | Refused>;
  /**
   * A call of its own for work that outlives this one: same tool, arguments and principal, `signal` as its lifetime (the
   * plugin's `host.signal`, or one that ends with it), and nothing goes to the client any more.
   */
  readonly detach: (signal: AbortSignal) => Call;
  /** The call that dispatched this one. */
  readonly parent: Call | undefined;
  /**
   * Whether the outcome belongs to this conversation: the tool, or one that it dispatched, has asked the client something
   * (elicitation, sampling, roots), or the request answers such a question. Ask when the outcome is there.
   */
  readonly asked: boolean;
  /** What the tool itself returned, or threw, as a result, before any layer changed it; undefined until then, and when no tool ran. */
  readonly returned: ToolResult | undefined;
  /**
   * The tool's code while it runs, also when a layer answered in its place already; undefined before and afterwards.
   * Never rejects.
   */
  readonly running: Promise<void> | undefined;
  /** Another plugin's API, if that plugin is attached to the same server. */
  readonly service: <N extends keyof Services>(name: N) => Services[N] | undefined;
  with(changes: CallChanges): Call;
}

/**
 * Wraps a tool call. `next` resolves to a result for every failure of a tool (`isError`); it rejects only for cancellation
 * and URL elicitation. It may be called once; without it, the tool does not run.
 */
export type Middleware = (call: Call, next: (call?: Call) => Promise<ToolResult>) => Promise<ToolResult>;

/** A tool as a filter sees it. */
export interface ToolInfo {
  readonly name: string;
  readonly annotations: Readonly<ToolAnnotations>;
  readonly toolMeta: Readonly<Record<string, unknown>>;
}

/** What a tool of a plugin is, besides its handler. */
export interface ToolConfig<Input extends z.ZodObject | undefined, Output extends z.ZodType | undefined> {
  readonly title?: string;
  readonly description: string;
  /** Arguments; unknown ones are dropped unless it is a `z.strictObject`. */
  readonly inputSchema?: Input;
  /** What the handler returns as data. No transforms, defaults or catches: data is checked, never replaced. */
  readonly outputSchema?: Output;
  /** Give all four hints: the defaults of the specification are the most alarming ones. */
  readonly annotations?: ToolAnnotations;
  readonly _meta?: Record<string, unknown>;
  /** The text block for clients that show the model only text. Default: the data as JSON. */
  readonly text?: Output extends z.ZodType ? (data: z.input<Output>) => string : never;
}

/** Arguments of a handler: the parsed input, or an empty object. */
export type Args<Input> = Input extends z.ZodObject ? z.output<Input> : Record<string, never>;

/** What a handler returns: data of the output schema (or any data without one), or a result made by `toolResult`. */
export type Returned<Output> = (Output extends z.ZodType ? z.input<Output> : Data) | (ToolResult & Made);

/** Who reads a resource. */
export interface ResourceRequest {
  /** The server that was asked. */
  readonly server: Readonly<ServerIdentity>;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  readonly sessionId: string | undefined;
}

export interface ResourceConfig {
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly _meta?: Record<string, unknown>;
  /** For a template: the resources that exist now, for `resources/list`. */
  readonly list?: (request: ResourceRequest) => ListedResource[] | Promise<ListedResource[]>;
  /**
   * Called whenever somebody may have begun to want to hear of changes: to watch for them only while `isWanted()`. Called
   * many times; must be cheap and must not throw.
   */
  readonly onWanted?: () => void;
}

export interface ListedResource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
}

/**
 * Reads a resource: a string is text, bytes are a blob. Throw a `ToolError` where the URI names nothing; the client gets its
 * text with the protocol's code for a resource that was not found, -32002.
 */
export type ResourceRead = (
  uri: URL,
  variables: Readonly<Record<string, string>>,
  request: ResourceRequest,
) => string | Uint8Array | Promise<string | Uint8Array>;

export interface ResourceHandle {
  /** Tells subscribers of every attached server, and the plugin's `onChanged` listeners, that the resource changed. */
  changed(uri: string): void;
  /**
   * Whether anybody may want to hear of a change: a client that subscribed to this resource (or to one of this template)
   * and is still there, a client of a protocol that keeps subscriptions to itself, or an `onChanged` listener.
   */
  isWanted(): boolean;
}

/** What a plugin's `setup` gets. What adds something to the plugin works during `setup` only. */
export interface Host {
  /** The instance's name (`as`, else the plugin's): names, messages and `_meta` of this instance derive from it. */
  readonly name: string;
  /** The name that a tool of this plugin has in this instance, for descriptions and texts that mention it. */
  toolName(name: string): string;
  /** Aborts when the plugin is disposed. */
  readonly signal: AbortSignal;
  /** Adds a tool to every server the plugin is attached to. */
  tool<Input extends z.ZodObject | undefined = undefined, Output extends z.ZodType | undefined = undefined>(
    name: string,
    config: ToolConfig<Input, Output>,
    handler: (args: Args<Input>, call: Call) => Returned<Output> | Promise<Returned<Output>>,
  ): void;
  /**
   * Adds a resource, or a template where the URI has `{name}` (one path segment) or `{+name}` (any rest). Derive name and URI from
   * `host.name`, so that two instances have two.
   */
  resource(name: string, uriOrTemplate: string, config: ResourceConfig, read: ResourceRead): ResourceHandle;
  /** Wraps every tool call of the server, its own and everybody else's. */
  use(middleware: Middleware): void;
  /** Decides which tools a principal sees in the list and may call. All filters must agree. */
  filter(visible: (tool: ToolInfo, principal: Principal) => boolean): void;
  /** A warning for the operator on stderr; never stdout. */
  warn(message: string, detail?: unknown): void;
  /** Runs on dispose, last registered first; one failure does not skip the rest. */
  onDispose(fn: () => void | Promise<void>): void;
}

/** What both official `McpServer` classes have. The low-level `Server` is not supported. */
export interface McpServerLike {
  registerTool(...args: never[]): unknown;
  readonly server: object;
  isConnected(): boolean;
}

export interface Plugin extends AsyncDisposable {
  readonly name: string;
  /**
   * Installs the plugin in `server`, before `connect()`; a second call on the same server does nothing.
   * @throws PluginError
   */
  attach<S extends McpServerLike>(server: S): S;
  /** Counters for metrics and the status page; cheap, no side effects. */
  stats(): Readonly<Record<string, number>>;
  /**
   * Calls `listener` with the URI of each resource that changed, until the returned function is called. For owners of a
   * transport that makes a server per request: they publish the change on their own stream.
   */
  onChanged(listener: (uri: string) => void): () => void;
  /** Idempotent. Afterwards its middleware is pass-through and its tools answer with an error. */
  dispose(): Promise<void>;
}

export interface PluginDefinition<Options extends z.ZodType, Api extends object> {
  /** One lower-case noun: folder, package, export, config key and tool prefix. */
  readonly name: string;
  /** Validation, types, documentation and JSON Schema of the options come from it. Use `z.strictObject`. */
  readonly options: Options;
  /** Synchronous, no I/O. What it returns is the plugin's API: on the instance, and to other plugins under its name. */
  setup(host: Host, options: z.output<Options>): Api | void;
}

export interface InstanceOptions {
  /** Renames the instance: its name, the prefix of its tools, its service. */
  readonly as?: string;
}

type OptionsArgs<Input> = {} extends Input
  ? [options?: Input, instance?: InstanceOptions]
  : [options: Input, instance?: InstanceOptions];

export interface PluginFactory<Options extends z.ZodType, Api extends object> {
  (...args: OptionsArgs<z.input<Options>>): Plugin & Api;
  readonly definition: PluginDefinition<Options, Api>;
}
