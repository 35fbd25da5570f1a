import { spawn } from "node:child_process";

/**
 * @typedef {object} Finished
 * @property {number} code 1 where a signal ended the program
 * @property {string} stdout
 * @property {string} output standard output and standard error, in the order in which they came
 *
 * Runs a program to its end; `input` is its standard input. Its output is collected, and also shown where `show` names a stream.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, show?: NodeJS.WritableStream, input?: string }} [options]
 * @returns {Promise<Finished>}
 */
export function run(file, args, { cwd, env, show, input = "" } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
    // A program that does not read it may be gone already.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    let stdout = "";
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (/** @type {string} */ text) => {
        if (stream === child.stdout) stdout += text;
        output += text;
        show?.write(text);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, output }));
  });
}
