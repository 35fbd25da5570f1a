import { realpathSync } from "node:fs";
import { readEnvironment } from "../config/env.ts";
import { Failure } from "../config/failure.ts";
import { type Config, settle } from "../config/settle.ts";
import { idOf } from "./banner.ts";
import { type Connection, entryFor } from "./clients.ts";
import type { AddInvocation } from "./invocation.ts";
import { type Output, styles } from "./output.ts";
import { urlOf } from "./url.ts";

/** `plugboard add`: what to put into a client's settings. */
export function add({ client, flags, url, bearer, json }: AddInvocation, output: Output): number {
  const cwd = process.cwd();
  let id = "plugboard";
  let connection: Connection;
  if (url !== undefined) {
    connection = { type: "http", url, secured: bearer };
  } else {
    const config = settle(flags, readEnvironment(process.env, cwd), cwd);
    id = idOf(config.name);
    connection = flags.http ? overHttp(config) : overStdio(config, flags.values);
  }
  const entry = entryFor(client, id, connection);
  const { dim, bold } = styles(output.outIsTerminal);
  const text = json || entry.text === undefined ? JSON.stringify(entry.json, null, 2) : entry.text;
  if (json) output.out(`${text}\n`);
  else {
    const command = entry.command === undefined ? "" : `${bold("Run")}\n${entry.command}\n\n${bold("or put")} `;
    const note = entry.note === undefined ? "" : `\n${dim(entry.note)}\n`;
    output.out(`${command || `${bold("Put")} `}this into ${entry.file}:\n${text}\n${note}`);
  }
  return 0;
}

function overHttp({ http }: Config): Connection {
  if (!http || (http.port === 0 && http.publicUrl === undefined))
    throw new Failure(
      "With port 0 the address changes with every start: name a port, or the address, `--url http://…`.",
    );
  return { type: "http", url: urlOf(http), secured: http.auth !== undefined };
}

/** The client starts the program itself, from any folder: all paths are absolute. */
function overStdio({ file, http, variables }: Config, { plugins = {} }: { readonly plugins?: unknown }): Connection {
  const { search, logtail } = plugins as { search?: { roots: string[] }; logtail?: { paths: string[] } };
  const args = [
    ...(file === undefined ? [] : [file]),
    ...(search?.roots ?? []).flatMap((root) => ["--search", root]),
    ...(logtail?.paths ?? []).flatMap((path) => ["--logs", path]),
    // The configuration says HTTP; this client speaks over stdio.
    ...(http ? ["--stdio"] : []),
  ];
  const needed = variables.filter((name) => process.env[name]);
  const own = realpathSync(process.argv[1] ?? "");
  // What npx has fetched may be gone tomorrow.
  const isFleeting = /[/\\]_npx[/\\]/.test(own);
  return isFleeting
    ? { type: "stdio", command: "npx", args: ["-y", "@plugboard/server", ...args], variables: needed }
    : { type: "stdio", command: process.execPath, args: [own, ...args], variables: needed };
}
