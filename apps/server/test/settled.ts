import { parseCommandLine } from "../src/cli/command-line.ts";
import type { Invocation } from "../src/cli/invocation.ts";
import { readEnvironment } from "../src/config/env.ts";
import { type Config, settle } from "../src/config/settle.ts";
import { folder } from "./folder.ts";

/** The configuration that the program would have in this folder. */
export function settleIn(path: string, args: string[], env: Record<string, string> = {}): Config {
  const { flags } = parseCommandLine(args, path, { out: () => undefined, err: () => undefined }) as Extract<
    Invocation,
    { command: "serve" }
  >;
  return settle(flags, readEnvironment(env, path), path);
}

/** The configuration that the program would have in a folder of these files, which is gone afterwards. */
export function settled(
  files: Record<string, string | object>,
  args: string[],
  env: Record<string, string> = {},
): Config & { readonly at: string } {
  using at = folder(files);
  return { ...settleIn(at.path, args, env), at: at.path };
}

/** What the program would say of a mistake in it. */
export function problem(
  files: Record<string, string | object>,
  args: string[],
  env: Record<string, string> = {},
): string {
  try {
    settled(files, args, env);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("there is no problem");
}
