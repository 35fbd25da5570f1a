// A package registry on a free port of the loopback interface, as a child process: its settings come in the first message,
// its port goes out in one. It ends with its parent.
import { createRequire } from "node:module";

/** @type {{ runServer(settings: object): Promise<import("node:http").Server> }} */
const { runServer } = createRequire(import.meta.url)("verdaccio");

process.once("disconnect", () => process.exit());
process.once("message", (/** @type {object} */ settings) => void serve(settings));

/** @param {object} settings of verdaccio */
async function serve(settings) {
  const server = await runServer(settings);
  server.listen(0, "127.0.0.1", () => {
    process.send?.({ port: /** @type {import("node:net").AddressInfo} */ (server.address()).port });
  });
}
