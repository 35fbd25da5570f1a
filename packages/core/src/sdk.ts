// The only file that knows how the SDKs look inside. Everything here is guarded: what is not as expected is a coded error.
import { setTimeout as delay } from "node:timers/promises";
import type { Callback, RegisteredTool, Tool } from "./call.ts";
import type { Announcer } from "./changes.ts";
import { PluginError } from "./errors.ts";
import type { Connection, Native } from "./request.ts";
import type { LogLevel, McpServerLike, ServerIdentity } from "./types.ts";
import { within } from "./within.ts";

type Handler = (request: { params?: Record<string, unknown> }, native: Native) => unknown;

interface LowLevel {
  readonly transport?: object;
  _requestHandlers: Map<string, Handler>;
  _loggingLevels?: Map<string | undefined, string>;
  isMessageIgnored?(level: LogLevel, sessionId: string | undefined): boolean;
  getNegotiatedProtocolVersion?(): string | undefined;
  registerCapabilities(capabilities: object): void;
  ping(): Promise<unknown>;
  sendResourceUpdated(params: { uri: string }): Promise<void>;
  _serverInfo?: Partial<ServerIdentity>;
  request: Send;
  /** What everything sends its requests through in 2.x. */
  _requestWithSchemaViaCodec?: Send;
}

type Send = (...args: unknown[]) => Promise<unknown>;

/** An `McpServer` of either line, as far as we use it. `tool` is there in 1.x only. */
export interface Sdk {
  readonly server: LowLevel;
  readonly _registeredTools: Record<string, RegisteredTool>;
  readonly _registeredResources?: Record<string, unknown>;
  readonly _registeredResourceTemplates?: Record<string, unknown>;
  isConnected(): boolean;
  registerTool(name: string, config: object, callback: Callback): RegisteredTool;
  tool?(name: string, ...rest: unknown[]): RegisteredTool;
  registerResource(name: string, uriOrTemplate: unknown, config: object, read: Callback): unknown;
}

/** @throws PluginError when it is not an `McpServer`, or one that looks different inside. */
export function sdkOf(server: McpServerLike, plugin: string): Sdk {
  const sdk = server as unknown as Partial<Sdk> | undefined;
  if (
    typeof sdk?.registerTool !== "function" ||
    typeof sdk.isConnected !== "function" ||
    typeof sdk.server !== "object"
  ) {
    throw new PluginError("UNSUPPORTED_SERVER", plugin, "attach() got something that is not an McpServer.");
  }
  const known =
    typeof sdk._registeredTools === "object" &&
    sdk.server._requestHandlers instanceof Map &&
    typeof sdk.server.registerCapabilities === "function" &&
    typeof sdk.registerResource === "function";
  if (!known)
    throw new PluginError(
      "UNSUPPORTED_SDK",
      plugin,
      "this release of the SDK has no table of tools where it is known to be.",
    );
  return sdk as Sdk;
}

/** Whether the SDK would refuse another tool of this name. */
export function hasTool(sdk: Sdk, name: string): boolean {
  return sdk._registeredTools[name] !== undefined;
}

/** Whether the SDK would refuse the resource: it tells resources apart by URI, and templates by name. */
export function hasResource(sdk: Sdk, { name, uri }: { readonly name: string; readonly uri: string }): boolean {
  const found = uri.includes("{") ? sdk._registeredResourceTemplates?.[name] : sdk._registeredResources?.[uri];
  return found !== undefined;
}

/** What the server calls itself. */
export function identityOf({ server: { _serverInfo: info } }: Sdk): ServerIdentity {
  return { name: info?.name ?? "", version: info?.version ?? "" };
}

/** Tells of every request to the client but pings, however a tool sends it, before it is sent: `onRequest` may throw. */
export function followRequests({ server }: Sdk, onRequest: () => void): void {
  const name = server._requestWithSchemaViaCodec ? "_requestWithSchemaViaCodec" : "request";
  const send = server[name]?.bind(server) as Send;
  server[name] = async (...args) => {
    const request = args.find((arg) => typeof (arg as { method?: unknown } | undefined)?.method === "string");
    if ((request as { method?: unknown } | undefined)?.method !== "ping") onRequest();
    return send(...args);
  };
}

/** How long a result waits for the answer to a ping, and how long where the protocol has none. */
const PING_MS = 250;
const NO_PING_MS = 20;

export function connectionOf({ server }: Sdk): Connection {
  const isLocal = (): boolean => {
    const transport = server.transport ?? {};
    return "_stdin" in transport || "_otherTransport" in transport || "_wire" in transport;
  };
  return {
    isLocal,
    isIgnored: (level, sessionId) => server.isMessageIgnored?.(level, sessionId) ?? false,
    // Both official clients drop a progress notification that they read from stdio together with the result: a ping in
    // between tells that they have handled it.
    async settle() {
      if (!isLocal()) return;
      if (isModern(server)) await delay(NO_PING_MS);
      else
        await within(
          PING_MS,
          server.ping().catch(() => undefined),
        );
    },
  };
}

/** Whether the connection speaks 2026-07-28 or later: no requests to the client, and the transport knows who listens. */
function isModern(server: LowLevel): boolean {
  return (server.getNegotiatedProtocolVersion?.() ?? "") >= "2026";
}

/** Registers a tool on behalf of a plugin. */
export type RegisterOwned = (name: string, config: object, owned: Pick<Tool, "owner" | "run">) => void;

/**
 * Follows every tool of the server from registration to removal, those that are there already among them: `wrap` makes the
 * callback that the SDK gets, for the tool that it is told. Task tools are left alone.
 */
export function followTools(
  sdk: Sdk,
  tools: Map<string, Tool>,
  hooks: { wrap(tool: Tool): Callback; beforeNaming(name: string): void; afterRegistering(): void },
): RegisterOwned {
  type Registering = (wrapped: Callback) => RegisteredTool;

  const follow = (
    name: string,
    owner: Tool["owner"],
    run: (registered: RegisteredTool) => Tool["run"],
    register: Registering,
  ): RegisteredTool => {
    const tool = { name, owner } as Tool;
    const registered = register(hooks.wrap(tool));
    const update = registered.update.bind(registered);
    tool.registered = registered;
    tool.run = run(registered);
    tools.set(name, tool);
    registered.update = (changes) => {
      const { name: renamed, callback } = changes;
      if (typeof renamed === "string" && renamed !== tool.name) hooks.beforeNaming(renamed);
      update(callback ? { ...changes, callback: hooks.wrap(tool) } : changes);
      if (callback) tool.run = plain(callback)(registered);
      if (renamed !== undefined && renamed !== tool.name) rename(tool, renamed);
    };
    hooks.afterRegistering();
    return registered;
  };
  // SDK 1 forgets a tool's first name only: what has been renamed would stay under the second name for ever.
  const rename = (tool: Tool, name: string | null): void => {
    if (tools.get(tool.name) === tool) tools.delete(tool.name);
    if (sdk._registeredTools[tool.name] === tool.registered) delete sdk._registeredTools[tool.name];
    if (!name) return;
    tool.name = name;
    tools.set(name, tool);
  };

  for (const [name, registered] of Object.entries(sdk._registeredTools)) {
    const { handler } = registered;
    if (typeof handler !== "function") continue;
    follow(name, undefined, plain(handler as Callback), (callback) => {
      registered.update({ callback });
      return registered;
    });
  }
  const registerTool = sdk.registerTool.bind(sdk);
  const tool = sdk.tool?.bind(sdk);
  sdk.registerTool = (name, config, callback) => {
    hooks.beforeNaming(name);
    return follow(name, undefined, plain(callback), (wrapped) => registerTool(name, config, wrapped));
  };
  if (tool) {
    sdk.tool = (name, ...rest) => {
      hooks.beforeNaming(name);
      const callback = rest.pop() as Callback;
      return follow(name, undefined, plain(callback), (wrapped) => tool(name, ...rest, wrapped));
    };
  }
  return (name, config, { owner, run }) => {
    follow(
      name,
      owner,
      () => run,
      (wrapped) => registerTool(name, config, wrapped),
    );
  };
}

/** Runs a plain callback, which gets no arguments object while the tool has no input schema. */
function plain(callback: Callback) {
  return (registered: RegisteredTool): Tool["run"] =>
    (call) => {
      const native = call.frame.request.nativeFor(call);
      return registered.inputSchema ? callback(call.args, native) : callback(native);
    };
}

/** Puts `wrapped` around the handler of a method, if it has one by now. */
function wrapHandler({ server }: Sdk, method: string, wrap: (previous: Handler | undefined) => Handler): void {
  server._requestHandlers.set(method, wrap(server._requestHandlers.get(method)));
}

const filtered = new WeakSet<Handler>();

/** Leaves out of `tools/list` what the caller may not see. Call again when the SDK may have set its handler since. */
export function filterList(sdk: Sdk, canList: (name: string, native: Native) => boolean): void {
  const current = sdk.server._requestHandlers.get("tools/list");
  if (!current || filtered.has(current)) return;
  wrapHandler(sdk, "tools/list", () => {
    const handler: Handler = async (request, native) => {
      const list = (await current(request, native)) as { tools: { name: string }[] };
      return { ...list, tools: list.tools.filter(({ name }) => canList(name, native)) };
    };
    filtered.add(handler);
    return handler;
  });
}

/** Declares logging, and keeps the level that a client sets where the SDK looks for it. */
export function acceptLogLevels(sdk: Sdk): void {
  const { server } = sdk;
  if (server._requestHandlers.has("logging/setLevel")) return;
  server.registerCapabilities({ logging: {} });
  if (server._requestHandlers.has("logging/setLevel")) return;
  wrapHandler(sdk, "logging/setLevel", () => (request, native) => {
    server._loggingLevels?.set(native.sessionId, String(request.params?.["level"]));
    return Promise.resolve({});
  });
}

/** How many URIs one client may subscribe to. */
const MAX_SUBSCRIPTIONS = 1000;

/** Accepts subscriptions, and tells the client of what it subscribed to. */
export function acceptSubscriptions(sdk: Sdk): Announcer {
  const { server } = sdk;
  const subscribed = new Set<string>();
  const listeners: (() => void)[] = [];
  server.registerCapabilities({ resources: { subscribe: true, listChanged: true } });
  const accept = (method: string, change: (uri: string) => void): void =>
    wrapHandler(sdk, method, (previous) => async (request, native) => {
      const uri = request.params?.["uri"];
      if (typeof uri !== "string") throw invalidParams("`uri` must be a string.");
      const answer = previous ? await previous(request, native) : {};
      change(uri);
      return answer;
    });
  accept("resources/subscribe", (uri) => {
    if (subscribed.size >= MAX_SUBSCRIPTIONS && !subscribed.has(uri)) {
      throw invalidParams(`More than ${MAX_SUBSCRIPTIONS} subscriptions; unsubscribe from some first.`);
    }
    subscribed.add(uri);
    for (const listener of listeners) listener();
  });
  accept("resources/unsubscribe", (uri) => void subscribed.delete(uri));
  const connected = (): boolean => {
    if (!sdk.isConnected()) subscribed.clear();
    return sdk.isConnected();
  };
  return {
    announce(uri) {
      if (connected() && (isModern(server) || subscribed.has(uri)))
        server.sendResourceUpdated({ uri }).catch(() => undefined);
    },
    // From 2026 on the SDK keeps the subscriptions to itself.
    isWanted: (fits) => connected() && (isModern(server) || [...subscribed].some(fits)),
    onSubscribed: (listener) => void listeners.push(listener),
  };
}

function invalidParams(message: string): Error {
  return Object.assign(new Error(message), { code: -32602 });
}
