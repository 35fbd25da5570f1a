import type { Subject } from "../measure.ts";

interface Message {
  jsonrpc: "2.0";
  id?: number;
  method?: string;
  params?: object;
  error?: unknown;
  result?: { isError?: boolean };
}

/** A transport that counts answers: the server's side of a connection, without a client. */
export class Wire {
  onmessage?: (message: Message) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  #answered: (() => void) | undefined;
  start(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  send(message: Message): Promise<void> {
    if (message.error ?? message.result?.isError) throw new Error(JSON.stringify(message));
    this.#answered?.();
    return Promise.resolve();
  }
  /** Sends a request and resolves with its answer. */
  request(method: string, params: object, id: number): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.onmessage?.({ jsonrpc: "2.0", id, method, params });
    });
  }
}

/** A connection that was initialized. */
export async function openWire(server: { connect(transport: never): Promise<void> }): Promise<Wire> {
  const wire = new Wire();
  await server.connect(wire as never);
  const clientInfo = { name: "bench", version: "1" };
  await wire.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo }, 0);
  return wire;
}

/** Calls of one tool of a server, over a wire of its own, one after the other. */
export async function callsOf(
  name: string,
  server: Parameters<typeof openWire>[0],
  tool: string,
  args: (call: number) => object,
): Promise<Subject> {
  const wire = await openWire(server);
  let id = 1;
  return {
    name,
    async run(size) {
      for (let call = 0; call < size; call++) {
        await wire.request("tools/call", { name: tool, arguments: args(id) }, id++);
      }
    },
  };
}
