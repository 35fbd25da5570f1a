import { parseCommandLine } from "./cli/command-line.ts";
import type { Invocation } from "./cli/invocation.ts";
import type { Output } from "./cli/output.ts";
import { Failure } from "./config/failure.ts";

/**
 * Runs the program to its end.
 * @param args those after the program's name
 * @returns the exit code: 0, 1 for a failure at run time, 2 for a mistake in the command line or the configuration
 */
export async function run(args: readonly string[], output: Output): Promise<number> {
  try {
    const invocation = parseCommandLine(args, process.cwd(), output);
    return invocation === 0 ? 0 : await perform(invocation, output);
  } catch (error) {
    if (error instanceof Failure) {
      output.err(`${error.message}\n`);
      return error.exitCode;
    }
    output.err(`plugboard failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

/** Each command is loaded when it is asked for: a server does not wait for what only another one needs. */
async function perform(invocation: Invocation, output: Output): Promise<number> {
  switch (invocation.command) {
    case "serve":
      return (await import("./cli/serve.ts")).serve(invocation.flags, output);
    case "check":
      return (await import("./cli/check.ts")).check(invocation, output);
    case "config":
      return (await import("./cli/config.ts")).showConfig(invocation, output);
    case "tools":
      return (await import("./cli/tools.ts")).showTools(invocation, output);
    case "call":
      return (await import("./cli/call.ts")).call(invocation, output);
    case "add":
      return (await import("./cli/add.ts")).add(invocation, output);
    case "init":
      return (await import("./cli/init.ts")).init(invocation, output);
    case "token":
      return (await import("./cli/token.ts")).makeToken(invocation.name, output);
    case "schema": {
      const { configJsonSchema } = await import("./config/schema.ts");
      output.out(`${JSON.stringify(await configJsonSchema(), null, 2)}\n`);
      return 0;
    }
  }
}
