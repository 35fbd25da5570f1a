import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { isJSONRPCRequest, type JSONRPCMessage, type RequestId } from "@modelcontextprotocol/sdk/types.js";

/** Counts the requests that run, over all connections, and lets nobody start new ones once the server is to stop. */
export class Traffic {
  #running = 0;
  #draining = false;
  #idle: (() => void)[] = [];

  get running(): number {
    return this.#running;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on new requests are refused. Resolves when those that run have been answered. */
  drain(): Promise<void> {
    this.#draining = true;
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  begin(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** What runs on one connection. */
export interface Requests {
  readonly running: number;
  /** Cancels requests whose answers nobody waits for any more. */
  cancel(ids: readonly RequestId[]): void;
}

const SHUTTING_DOWN = { code: -32603, message: "The server is shutting down. Try again on a new connection." };

/** Watches the requests of a transport that a server has been connected to. */
export function watch(transport: Transport, traffic: Traffic): Requests {
  const running = new Set<RequestId>();
  const finish = (id: RequestId): void => {
    if (running.delete(id)) traffic.end();
  };
  const { onmessage, onclose } = transport;
  const send = transport.send.bind(transport);

  transport.onmessage = (message, extra) => {
    if (isJSONRPCRequest(message)) {
      if (traffic.draining) {
        send({ jsonrpc: "2.0", id: message.id, error: SHUTTING_DOWN }).catch(() => undefined);
        return;
      }
      if (!running.has(message.id)) traffic.begin();
      running.add(message.id);
    }
    onmessage?.(message, extra);
    // A cancelled request is not answered.
    if ("method" in message && message.method === "notifications/cancelled")
      finish(message.params?.["requestId"] as RequestId);
  };
  transport.send = async (message, options) => {
    try {
      return await send(message, options);
    } finally {
      if (isResponse(message)) finish(message.id);
    }
  };
  transport.onclose = () => {
    for (const id of running) finish(id);
    onclose?.();
  };
  return {
    get running() {
      return running.size;
    },
    cancel(ids) {
      for (const requestId of ids.filter((id) => running.has(id))) {
        const params = { requestId, reason: "The client went away." };
        transport.onmessage?.({ jsonrpc: "2.0", method: "notifications/cancelled", params });
      }
    },
  };
}

function isResponse(message: JSONRPCMessage): message is JSONRPCMessage & { id: RequestId } {
  return !("method" in message) && "id" in message && message.id !== undefined;
}
