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
    const expanded = error.code === "commander.excessArguments" && args.includes("--logs");
    const hint = expanded ? " Quote a glob, so that the shell does not expand it: `--logs '*.log'`." : "";
    throw new Failure(`${sentence(error.message)}${hint} See \`plugboard --help\`.`);
  }
  return asked ?? 0;
}

function sentence(message: string): string {
  const text = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/.test(start) ? start : `${start}.`;
}
