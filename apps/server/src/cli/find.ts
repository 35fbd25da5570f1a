import { type Dirent, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What a folder has that the server can offer. */
export interface Found {
  /** Folders and files to search, as a config file beside them names them. */
  readonly search: readonly string[];
  /** Logs, as globs. */
  readonly logs: readonly string[];
}

/** Names of folders that hold documents. */
const DOCUMENTS = /^(?:docs?|documentation|guides?|handbook|manual|notes|runbooks?|wiki)$/i;
/** Folders whose documents are others'. */
const FOREIGN = /^(?:\.|node_modules$|vendor$|dist$|build$|target$|venv$)/;
const README = /^readme(?:\.(?:md|markdown|rst|txt))?$/i;

const MAX_ENTRIES = 1000;
const MAX_FOUND = 10;

/** Looks at a folder, and one level into it: folders of documents, folders with a README, and logs. */
export function find(folder: string): Found {
  const entries = list(folder);
  const folders = entries.filter((entry) => entry.isDirectory() && !FOREIGN.test(entry.name)).map(({ name }) => name);
  const documents = folders.filter((name) => DOCUMENTS.test(name));
  const others = folders.filter(
    (name) =>
      !DOCUMENTS.test(name) && list(join(folder, name)).some((entry) => entry.isFile() && README.test(entry.name)),
  );
  const readme = entries.filter((entry) => entry.isFile() && README.test(entry.name)).map(({ name }) => name);
  const logs = ["logs", "log"].filter((name) => hasLogs(join(folder, name))).map((name) => `./${name}/*.log`);
  if (hasLogs(folder)) logs.push("./*.log");
  return { search: [...documents, ...others, ...readme].slice(0, MAX_FOUND).map((name) => `./${name}`), logs };
}

const hasLogs = (folder: string): boolean =>
  list(folder).some((entry) => entry.isFile() && entry.name.endsWith(".log"));

function list(folder: string): Dirent[] {
  try {
    return existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).slice(0, MAX_ENTRIES) : [];
  } catch {
    // What may not be read is not offered.
    return [];
  }
}
