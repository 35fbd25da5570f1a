import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A client on one connection that is kept, with hardly any cost of its own: one request at a time, over a bare socket. */
export class BareClient {
  readonly #socket: Socket;
  readonly #port: number;
  #received = "";
  #answered: ((text: string) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("data", (text: string) => this.#take(text));
    socket.on("error", (error) => this.#failed?.(error));
    socket.on("close", () => this.#failed?.(new Error("The server closed the connection.")));
  }

  static async connect(port: number): Promise<BareClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new BareClient(socket, port);
  }

  /** Posts a message; resolves with all of the answer, head and body. */
  post(message: object, session?: string): Promise<string> {
    const body = JSON.stringify(message);
    const id = session === undefined ? "" : `Mcp-Session-Id: ${session}\r\nMcp-Protocol-Version: 2025-11-25\r\n`;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error("The connection is closed."));
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(
        `POST /mcp HTTP/1.1\r\nHost: localhost:${this.#port}\r\nContent-Type: application/json\r\n` +
          `Accept: application/json, text/event-stream\r\n${id}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const head = this.#received.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = /content-length: (\d+)/i.exec(this.#received.slice(0, head))?.[1];
    const whole =
      length === undefined ? this.#received.endsWith("0\r\n\r\n") : this.#received.length >= head + 4 + Number(length);
    if (!whole) return;
    const answer = this.#received;
    this.#received = "";
    this.#answered?.(answer);
  }
}

export const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
};

export const echo = (id: number): object => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: { say: "hi" } },
});

/** The session that the answer to an initialize request opened. */
export function sessionOf(answer: string): string | undefined {
  return /mcp-session-id: (\S+)/i.exec(answer)?.[1];
}
