import { PluginError, safeMessage, ToolError } from "./errors.ts";
import type { Native, Request } from "./request.ts";
import type { ListedResource, ResourceConfig, ResourceRead, ResourceRequest, ServerIdentity } from "./types.ts";

/** Error code of the specification, section "Resources", "Error Handling". */
const RESOURCE_NOT_FOUND = -32002;

/** A plugin's resource, ready to be registered on any number of servers. */
export interface ResourceSpec {
  readonly name: string;
  readonly uri: string;
  /** Whether a URI is this resource's, or one of this template's. */
  fits(uri: string): boolean;
  /** Arguments of the SDK's `registerResource` after the name. */
  bind(
    requestOf: (native: Native) => Request,
    server: ServerIdentity,
  ): [uriOrTemplate: unknown, config: object, read: (...args: unknown[]) => unknown];
}

/** The instance that has the resource. */
interface Owner {
  readonly name: string;
  readonly disposed: boolean;
  readonly resources: readonly ResourceSpec[];
  readonly changes: Changes;
  warn(message: string, detail: unknown): void;
}

export function resourceSpec(
  instance: Owner,
  name: string,
  uri: string,
  config: ResourceConfig,
  read: ResourceRead,
): ResourceSpec {
  const { list, ...listed } = config;
  const template = uri.includes("{") ? parseTemplate(uri) : undefined;
  const bad = (problem: string): PluginError =>
    new PluginError("BAD_RESOURCE", instance.name, `the resource "${name}": ${problem}`, { field: name });
  if (uri.includes("{") && !template)
    throw bad(`${uri} is not a template: use {name} once per path segment, and {+name} at the end only.`);
  if (!template && !URL.canParse(uri)) throw bad(`${uri} is not a URI.`);
  if (instance.resources.some((other) => other.name === name || other.uri === uri)) throw bad("it is defined twice.");

  return {
    name,
    uri,
    fits: (other) => (template ? template.match(other) !== null : other === uri),
    bind(requestOf, server) {
      const asRequest = (native: Native): ResourceRequest => {
        const { principal, signal, sessionId } = requestOf(native);
        return { server, principal, signal, sessionId };
      };
      const reader = async (...args: unknown[]): Promise<object> => {
        const [at, variables] = args as [URL, Record<string, string>];
        if (instance.disposed) throw new Error("This resource is no longer available: its plugin was shut down.");
        instance.changes.wake();
        try {
          const body = await read(at, template ? variables : {}, asRequest(args.at(-1) as Native));
          const data = typeof body === "string" ? { text: body } : { blob: Buffer.from(body).toString("base64") };
          return { contents: [{ uri: at.href, ...(config.mimeType && { mimeType: config.mimeType }), ...data }] };
        } catch (error) {
          const { text, hidden } = safeMessage(error);
          if (hidden) instance.warn(`reading the resource ${at.href} failed`, error);
          const failure = new Error(text || `Reading ${at.href} failed. The details are in the server's log.`, {
            cause: error,
          });
          if (!(error instanceof ToolError)) throw failure;
          throw Object.assign(failure, { code: RESOURCE_NOT_FOUND, data: { uri: at.href } });
        }
      };
      const listing =
        list &&
        (async (native: Native): Promise<{ resources: ListedResource[] }> => {
          instance.changes.wake();
          return { resources: await list(asRequest(native)) };
        });
      const target = template && { uriTemplate: template, listCallback: listing, completeCallback: () => undefined };
      return [target ?? uri, listed, reader];
    },
  };
}

interface Template {
  readonly variableNames: string[];
  match(uri: string): Record<string, string> | null;
  toString(): string;
}

const MAX_URI_LENGTH = 8192;

/**
 * The part of RFC 6570 that names resources: `{name}` is one path segment, `{+name}` the rest. Every expression is bounded
 * by literal text or the end, so matching is linear.
 */
function parseTemplate(template: string): Template | undefined {
  const parts = template.split(/\{(\+?[A-Za-z_]\w*)\}/);
  const variableNames: string[] = [];
  let pattern = "";
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) {
      const between = index > 0 && index < parts.length - 1;
      if (/[{}]/.test(part) || (between && !part.startsWith("/"))) return undefined;
      pattern += part.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
    } else {
      const rest = part.startsWith("+");
      if (rest && (index !== parts.length - 2 || parts.at(-1) !== "")) return undefined;
      variableNames.push(rest ? part.slice(1) : part);
      pattern += rest ? "(.+)" : "([^/]+)";
    }
  }
  const expression = new RegExp(`^${pattern}$`, "s");
  return {
    variableNames,
    toString: () => template,
    match(uri) {
      const found = uri.length > MAX_URI_LENGTH ? null : expression.exec(uri);
      if (!found) return null;
      try {
        return Object.fromEntries(
          variableNames.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]),
        );
      } catch {
        return null;
      }
    },
  };
}

/** Tells the client of one server. */
export interface Announcer {
  announce(uri: string): void;
  /** Whether the client is there and may have asked to hear of a URI that fits. */
  isWanted(fits: (uri: string) => boolean): boolean;
  /** Calls `listener` whenever the client subscribes to something. */
  onSubscribed(listener: () => void): void;
}

/**
 * Who hears of changed resources: the servers that are attached, held weakly since a stateless transport makes one per
 * request, and the listeners of whoever owns such a transport.
 */
export class Changes {
  readonly #listeners = new Set<(uri: string) => void>();
  readonly #wakers = new Set<() => void>();
  #servers: WeakRef<Announcer>[] = [];
  #sweepAt = 64;
  readonly #failed: (error: unknown) => void;

  /** @param failed is told of what a listener throws; the others hear all the same */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** `announcer` must be kept alive by its server. */
  add(announcer: Announcer): void {
    announcer.onSubscribed(() => this.wake());
    this.#servers.push(new WeakRef(announcer));
    if (this.#servers.length < this.#sweepAt) return;
    this.#servers = this.#servers.filter((server) => server.deref());
    this.#sweepAt = Math.max(64, this.#servers.length * 2);
  }

  listen(listener: (uri: string) => void): () => void {
    const own = (uri: string): void => listener(uri);
    this.#listeners.add(own);
    this.wake();
    return () => void this.#listeners.delete(own);
  }

  /** Whether somebody may want to hear of a URI that fits. */
  isWanted(fits: (uri: string) => boolean): boolean {
    return this.#listeners.size > 0 || this.#servers.some((server) => server.deref()?.isWanted(fits));
  }

  /** Calls `waker` whenever somebody may have begun to want to hear of changes. */
  onWake(waker: () => void): void {
    this.#wakers.add(waker);
  }

  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  publish(uri: string): void {
    for (const server of this.#servers) server.deref()?.announce(uri);
    for (const listener of this.#listeners) {
      try {
        listener(uri);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  clear(): void {
    this.#servers = [];
    this.#listeners.clear();
    this.#wakers.clear();
  }
}
