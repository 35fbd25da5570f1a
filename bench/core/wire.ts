interface Message {
  jsonrpc: "2.0";
  id?: number;
  method?: string;
  params?: object;
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
    if (
      (message as { error?: unknown; result?: { isError?: boolean } }).error ??
      (message as { result?: { isError?: boolean } }).result?.isError
    ) {
      throw new Error(JSON.stringify(message));
    }
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
