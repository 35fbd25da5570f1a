import type { Changes } from "./changes.ts";
import { PluginError, safeMessage, ToolError } from "./errors.ts";
import type { Native, Request } from "./request.ts";
import { parseTemplate } from "./template.ts";
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
