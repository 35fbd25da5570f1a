import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { turboEnv, turboFile } from "./turbo.mjs";
import { root } from "./workspace.mjs";

/**
 * `npm start`: builds the composed server where it has changed, and runs it. Standard output belongs to the server.
 * @param {string[]} args the server's; by default it searches this repository over HTTP
 * @returns {Promise<number>} the server's exit code
 */
export async function main(args) {
  return serve(await built("main.js"), args.length > 0 ? args : ["--http", "--search", "."]);
}

/**
 * A program of the server, built where it has changed.
 * @param {string} program
 * @returns {Promise<string>} its file
 */
export async function built(program) {
  const build = ["run", "build", "--filter=@plugboard/server...", "--output-logs=errors-only"];
  const { code, output } = await run(process.execPath, [turboFile, ...build], { cwd: root, env: turboEnv });
  if (code !== 0) throw new Problem("The server could not be built for the reason above.", output);
  return join(root, "apps", "server", "dist", program);
}

/**
 * Runs a program in our place: its streams, the signals that we get, its exit code.
 * @param {string} file
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export function serve(file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: "inherit" });
    // A terminal sends its interrupt to both of us; one that is meant for us alone is handed on.
    const terminal = process.stdin.isTTY || process.stderr.isTTY;
    process.on("SIGINT", () => terminal || child.kill("SIGINT"));
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    process.on("SIGHUP", () => child.kill("SIGHUP"));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
