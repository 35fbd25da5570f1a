/**
 * The thread in which indexes are built: started by `BuildThread`, not to be imported.
 * @module
 */
import { parentPort } from "node:worker_threads";
import { BuildServer } from "./engine/serve.ts";
import type { BuildRequest } from "./engine/serve.ts";

const port = parentPort;
if (port !== null) {
  const server = new BuildServer();
  port.on("message", (request: BuildRequest) => {
    const answer = server.answer(request);
    port.postMessage(answer, answer.type === "built" ? [answer.segment.index.buffer, answer.segment.texts.buffer] : []);
  });
}
