import { built, serve } from "./start.mjs";

/**
 * `npm run demo`: a real client drives the composed server and shows what each plugin does.
 * @param {string[]} args a folder of documents; by default this repository
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  return serve(await built("demo.js"), args);
}
