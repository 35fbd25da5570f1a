/**
 * The thread in which logs are scanned: started by `Scanners`, not to be imported.
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { shared } from "./scan/control.ts";
import { PatternError } from "./scan/error.ts";
import type { Answer, Request } from "./scan/protocol.ts";
import { Server } from "./scan/serve.ts";

const port = parentPort;
if (port !== null) {
  const send = (answer: Answer): void => port.postMessage(answer);
  const server = new Server(shared((workerData as { readonly memory: SharedArrayBuffer }).memory), send);
  port.on("message", (request: Request) => {
    server.answer(request).then(
      (result) => send({ type: "done", result }),
      (error: unknown) => {
        const fault = error instanceof PatternError ? { pattern: { ...error, message: error.message } } : {};
        send({ type: "failed", error, ...fault });
      },
    );
  });
  send({ type: "ready" });
}
