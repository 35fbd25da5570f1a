import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../scripts/process.mjs";
import { root } from "../scripts/workspace.mjs";

/** What is kept of the registry's log, in characters. */
const LOG_CHARS = 8_000;

/**
 * @typedef {object} Registry
 * @property {string} url ends with a slash
 * @property {() => string} log its last warnings
 * @property {() => Promise<void>} close
 *
 * Starts a registry that takes our packages from anybody, and all others from the registry that npm is configured for.
 * @param {string} storage an empty folder
 * @returns {Promise<Registry>}
 */
export async function startRegistry(storage) {
  const uplink = { url: await npmConfig("registry"), timeout: "60s", maxage: "30m", max_fails: 20, fail_timeout: "1s" };
  const cafile = await npmConfig("cafile");
  const settings = {
    self_path: storage,
    storage,
    // Where npm trusts an authority of its own, so does the registry.
    uplinks: { npm: cafile === "null" ? uplink : { ...uplink, ca: readFileSync(cafile, "utf8") } },
    packages: {
      "@plugboard/*": { access: "$all", publish: "$all" },
      "**": { access: "$all", proxy: "npm" },
    },
    log: { type: "stdout", format: "json", level: "error" },
    web: { enable: false },
  };
  const child = fork(join(import.meta.dirname, "registry-server.mjs"), [], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => (log = (log + text).slice(-LOG_CHARS)));
  }
  const exited = once(child, "exit");
  child.send(settings);
  const [message] = await Promise.race([once(child, "message"), exited]);
  if (typeof message?.port !== "number") throw new Error(`The local registry did not start:\n${log}`);
  return {
    url: `http://127.0.0.1:${message.port}/`,
    log: () => log,
    close: async () => {
      child.disconnect();
      await exited;
    },
  };
}

/** @param {string} key */
async function npmConfig(key) {
  const { code, stdout, output } = await run("npm", ["config", "get", key], { cwd: root });
  if (code !== 0) throw new Error(`npm does not say what its setting "${key}" is:\n${output}`);
  return stdout.trim();
}
