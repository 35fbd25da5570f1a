import { createServer, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

/** A proxy that gives each request to the next instance, whatever its session, as the plainest ones do. */
export class RoundRobin implements AsyncDisposable {
  /** How many requests each instance got, by its port. */
  readonly counts = new Map<number, number>();
  readonly #server: Server;
  #ports: readonly number[];
  #next = 0;
  readonly #open = new Set<ServerResponse>();

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer((req, res) => {
      this.#open.add(res);
      res.once("close", () => this.#open.delete(res));
      const port = this.#ports[this.#next++ % this.#ports.length] ?? 0;
      this.counts.set(port, (this.counts.get(port) ?? 0) + 1);
      const { method, url: path, headers } = req;
      const on = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on("error", () => res.destroy());
        answer.pipe(res);
      });
      on.on("error", () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
      res.on("close", () => on.destroy());
      req.pipe(on);
    });
  }

  static async to(ports: readonly number[]): Promise<RoundRobin> {
    const proxy = new RoundRobin(ports);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** As a broken network does: every open response ends in the middle. */
  cut(): void {
    for (const res of this.#open) res.destroy();
  }

  /** As a health check does: this instance gets nothing more. */
  remove(port: number): void {
    this.#ports = this.#ports.filter((other) => other !== port);
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
