import { spawn } from "node:child_process";

/**
 * @typedef {object} Finished
 * @property {number} code 1 where a signal ended the program
 * @property {string} output standard output and standard error, in the order in which they came
 *
 * Runs a program to its end, without standard input. Its output is collected, and also shown where `show` names a stream.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: NodeJS.WritableStream }} [options]
 * @returns {Promise<Finished>}
 */
export function run(file, args, { cwd, env, show } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (/** @type {string} */ text) => {
        output += text;
        show?.write(text);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
