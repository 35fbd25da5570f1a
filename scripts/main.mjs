import { Problem } from "./problem.mjs";
import { setup } from "./setup.mjs";

const commands = ["start", "demo", "test", "check", "new", "docs", "turbo"];

/**
 * Sets up the repository and runs one command; the command's exit code becomes the process's.
 * @param {string | undefined} command
 * @param {string[]} args
 */
export async function run(command, args) {
  try {
    if (!command || !commands.includes(command)) {
      throw new Problem(`There is no command "${command ?? ""}": use one of ${commands.join(", ")}.`);
    }
    await setup();
    const { main } = await import(`./${command}.mjs`);
    process.exitCode = await main(args);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.output) console.error(error.output.trimEnd());
    console.error(error.message);
    process.exitCode = 1;
  }
}
