import { existsSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { Failure, INTERRUPTED } from "../config/failure.ts";
import { labelOf } from "../config/file.ts";
import { type Found, find } from "./find.ts";
import type { InitInvocation } from "./invocation.ts";
import { type Output, styles } from "./output.ts";
import { configText, type Wanted } from "./template.ts";

/** `plugboard init`: writes a config file for what is in the current folder. */
export async function init(invocation: InitInvocation, output: Output): Promise<number> {
  const cwd = process.cwd();
  const file = resolve(cwd, invocation.file);
  const label = labelOf(file, cwd);
  if (!invocation.force && existsSync(file))
    throw new Failure(
      `There is a ${label} already: \`--force\` overwrites it, another name, \`plugboard init mine.json\`, keeps it.`,
    );
  const wanted = await wantedBy(invocation, find(cwd), output);
  if (!wanted) return INTERRUPTED;
  if (wanted.search.length + wanted.logs.length === 0)
    throw new Failure(
      "There are no documents and no logs in this folder: name some, `plugboard init --search ./docs --logs './logs/*.log'`.",
    );
  checkAreThere(wanted.search, cwd);
  write(file, label, configText(fromFile(wanted, cwd, dirname(file))), invocation.force);
  const { green } = styles(output.outIsTerminal);
  output.out(`${green("Wrote")} ${label}. Next: \`plugboard check ${label}\`, then \`plugboard ${label}\`.\n`);
  return 0;
}

async function wantedBy(invocation: InitInvocation, found: Found, output: Output): Promise<Wanted | undefined> {
  const { search, logs, http, yes } = invocation;
  if (search || logs) return { search: search ?? [], logs: logs ?? [], http };
  if (yes) return { ...found, http };
  if (output.outIsTerminal && process.stdin.isTTY) return (await import("./ask.ts")).ask(found, http);
  throw new Failure(
    "Without a terminal nobody can be asked: `--yes` takes what is found, `--search DIR` and `--logs PATH` say what.",
  );
}

/** A server does not start without what it is to search; logs may come later. @throws Failure */
function checkAreThere(paths: readonly string[], cwd: string): void {
  const missing = paths.filter((path) => !existsSync(resolve(cwd, path)));
  if (missing.length > 0) throw new Failure(`There is no file or folder ${missing.join(", ")} to search.`);
}

/** Paths in a config file start at its folder. */
function fromFile({ search, logs, http }: Wanted, cwd: string, folder: string): Wanted {
  const moved = (path: string): string => {
    if (isAbsolute(path)) return path;
    const from = relative(folder, resolve(cwd, path)) || ".";
    return from.startsWith(".") ? from : `./${from}`;
  };
  return { search: search.map(moved), logs: logs.map(moved), http };
}

function write(file: string, label: string, text: string, force: boolean): void {
  try {
    writeFileSync(file, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    throw new Failure(`${label} cannot be written: ${(error as NodeJS.ErrnoException).code}.`, 1, { cause: error });
  }
}
