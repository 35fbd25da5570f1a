import { cancel, type CommonOptions, confirm, isCancel, multiselect, text } from "@clack/prompts";
import type { Found } from "./find.ts";
import type { Wanted } from "./template.ts";

/** Where questions are asked; by default on the terminal. */
type Terminal = Pick<CommonOptions, "input" | "output">;

/** Asks on the terminal what the server is to offer; undefined where the person gave up. */
export async function ask(
  found: Found,
  port: number | undefined,
  terminal: Terminal = {},
): Promise<Wanted | undefined> {
  const documents = "Which documents shall be searched?";
  const search = await choose(documents, found.search, "Folders to search (empty: none)", terminal);
  if (search === undefined) return undefined;
  const read = "Which logs shall be read?";
  const logs = await choose(read, found.logs, "Logs: files, folders or globs (empty: none)", terminal);
  if (logs === undefined) return undefined;
  if (port !== undefined) return { search, logs, http: port };
  const http = await confirm({
    ...terminal,
    message: "Serve over HTTP? (No: over stdio, the client starts it)",
    initialValue: false,
  });
  if (isCancel(http)) return gaveUp(terminal);
  return { search, logs, http: http ? 3333 : undefined };
}

/** Of what was found, or, where nothing was, what the person types. */
async function choose(
  question: string,
  found: readonly string[],
  otherwise: string,
  terminal: Terminal,
): Promise<readonly string[] | undefined> {
  if (found.length > 0) {
    const options = found.map((value) => ({ value, label: value }));
    const chosen = await multiselect({
      ...terminal,
      message: question,
      options,
      initialValues: [...found],
      required: false,
    });
    return isCancel(chosen) ? gaveUp(terminal) : chosen;
  }
  const typed = await text({ ...terminal, message: otherwise, placeholder: "none", defaultValue: "" });
  if (isCancel(typed)) return gaveUp(terminal);
  return typed
    .split(",")
    .map((path) => path.trim())
    .filter((path) => path !== "");
}

function gaveUp(terminal: Terminal): undefined {
  cancel("Nothing was written.", terminal);
  return undefined;
}
