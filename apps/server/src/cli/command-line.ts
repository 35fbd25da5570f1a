import { CommanderError } from "commander";
import { Failure } from "../config/failure.ts";
import { programOf } from "./commands.ts";
import type { Invocation } from "./invocation.ts";
import type { Output } from "./output.ts";

/**
 * Parses the arguments (those after the program's name).
 * @returns what is asked for, or the exit code where `--help` or `--version` has said all
 * @throws Failure
 */
export function parseCommandLine(args: readonly string[], cwd: string, output: Output): Invocation | 0 {
  let asked: Invocation | undefined;
  const program = programOf(cwd, (invocation) => (asked = invocation));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: output.out, writeErr: () => undefined, getOutHelpWidth: () => 80 })
      .helpOption("-h, --help", "print this help");
  }
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw new Failure(`${sentence(error.message)} See \`plugboard --help\`.`);
  }
  return asked ?? 0;
}

/** Flags that other programs have, and what does the same here; commander would name one that is spelt alike. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "--port": "The port goes with `--http`: `--http 8080`.",
  "--config": "The config file stands without a flag: `plugboard plugboard.json`.",
  "-c": "The config file stands without a flag: `plugboard plugboard.json`.",
  "-v": "The version is `-V`.",
};

function sentence(message: string): string {
  const [, unknown = ""] = /unknown option '(-[^'=]*)/.exec(message) ?? [];
  const instead = ELSEWHERE[unknown];
  if (instead !== undefined) return `Unknown option '${unknown}'. ${instead}`;
  const text = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/.test(start) ? start : `${start}.`;
}
