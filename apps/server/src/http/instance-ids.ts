import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";

/**
 * Names for the requests of one instance among several that serve the same session: each counts its own requests, and the
 * client must be able to tell them apart.
 */
export class InstanceIds {
  readonly #prefix: string;

  constructor(instance: string) {
    this.#prefix = `${instance}.`;
  }

  /** A message as the client gets it. */
  outgoing(message: JSONRPCMessage): JSONRPCMessage {
    if (!("method" in message)) return message;
    const { method, params } = message;
    if (!("id" in message))
      return method === "notifications/cancelled" && params
        ? { ...message, params: { ...params, requestId: this.#name(params["requestId"] as RequestId) } }
        : message;
    const meta = params?._meta;
    return {
      ...message,
      id: this.#name(message.id),
      ...(meta?.progressToken !== undefined && {
        params: { ...params, _meta: { ...meta, progressToken: this.#name(meta.progressToken) } },
      }),
    };
  }

  /** A message of the client as the server understands it; nothing where it is for another instance. */
  incoming(message: JSONRPCMessage): JSONRPCMessage | undefined {
    if (!("method" in message)) {
      const id = message.id === undefined ? undefined : this.#number(message.id);
      return id === undefined ? undefined : { ...message, id };
    }
    if (message.method !== "notifications/progress") return message;
    const progressToken = this.#number(message.params?.["progressToken"] as RequestId);
    return progressToken === undefined ? undefined : { ...message, params: { ...message.params, progressToken } };
  }

  #name(id: RequestId): string {
    return `${this.#prefix}${id}`;
  }

  #number(name: RequestId): number | undefined {
    return typeof name === "string" && name.startsWith(this.#prefix)
      ? Number(name.slice(this.#prefix.length))
      : undefined;
  }
}
