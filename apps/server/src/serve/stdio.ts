import type { Readable, Writable } from "node:stream";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Logger } from "pino";
import type { Front } from "./front.ts";
import type { CreateServer } from "./server.ts";
import { flushed } from "./stdout.ts";
import { type Traffic, watch } from "./traffic.ts";

export interface StdioOptions {
  readonly create: CreateServer;
  readonly traffic: Traffic;
  readonly log: Logger;
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** The client is gone; `code` is the exit code that says how. */
  onEnd(code: 0 | 1): void;
}

/** Serves one client over stdin and stdout. */
export async function serveStdio({ create, traffic, log, stdin, stdout, onEnd }: StdioOptions): Promise<Front> {
  const server = create();
  const transport = new StdioServerTransport(stdin, stdout);
  server.server.onerror = (error) => log.warn({ err: error }, "stdio");
  let over = false;
  const end = (code: 0 | 1): void => {
    if (over) return;
    over = true;
    onEnd(code);
  };
  stdin.once("end", () => end(0));
  stdin.once("close", () => end(0));
  // The client closed its end of the pipe first.
  stdout.once("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") log.error({ err: error }, "stdout");
    end(error.code === "EPIPE" ? 0 : 1);
  });
  await server.connect(transport);
  watch(transport, traffic);
  const { onclose } = transport;
  transport.onclose = () => {
    onclose?.();
    // The SDK gives up on a message that is too large.
    end(1);
  };
  return {
    stop: () => undefined,
    async close() {
      over = true;
      await flushed(stdout);
      await server.close();
    },
  };
}
