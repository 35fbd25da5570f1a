/** Clients whose settings are known here, each as its documentation of November 2026 says. */
export const clientNames = ["claude-code", "claude-desktop", "vscode", "cursor", "codex"] as const;
export type ClientName = (typeof clientNames)[number];

/** How a client reaches the server. */
export type Connection = Local | Remote;

interface Local {
  readonly type: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  /** Environment variables that the server needs: clients do not pass on all that they have themselves. */
  readonly variables: readonly string[];
}

interface Remote {
  readonly type: "http";
  readonly url: string;
  /** Whether the server wants a token. */
  readonly secured: boolean;
}

export interface Entry {
  /** What goes into the client's file. */
  readonly json: object;
  /** The same where the file is not JSON. */
  readonly text?: string;
  /** Where it goes. */
  readonly file: string;
  /** A command that does the same. */
  readonly command?: string;
  /** What else the person has to know. */
  readonly note?: string;
}

/** The environment variable from which clients take the token: it stands in none of their files. */
export const TOKEN_VARIABLE = "PLUGBOARD_TOKEN";

/** What to put into the settings of a client. @param id the server's name there */
export function entryFor(client: ClientName, id: string, connection: Connection): Entry {
  return connection.type === "stdio" ? local[client](id, connection) : remote[client](id, connection);
}

const FILES: Readonly<Record<ClientName, string>> = {
  "claude-code": ".mcp.json in the project",
  "claude-desktop": "claude_desktop_config.json (Settings > Developer > Edit Config)",
  vscode: ".vscode/mcp.json in the workspace",
  cursor: ".cursor/mcp.json in the project, or ~/.cursor/mcp.json",
  codex: "~/.codex/config.toml",
};

const fromEnvironment = (variables: readonly string[]): string =>
  `The server takes ${variables.join(", ")} from the environment: set it where the client starts.`;

/** Entries with which the client starts the server. */
const local: Readonly<Record<ClientName, (id: string, connection: Local) => Entry>> = {
  "claude-code": (id, { command, args, variables }) => ({
    json: {
      mcpServers: { [id]: { type: "stdio", command, args, ...env(variables, (name) => `\${${name}}`) } },
    },
    file: FILES["claude-code"],
    command: `claude mcp add ${id}${variables.map((name) => ` -e ${name}="$${name}"`).join("")} -- ${shell([command, ...args])}`,
    ...(variables.length > 0 && { note: fromEnvironment(variables) }),
  }),
  "claude-desktop": (id, { command, args, variables }) => ({
    json: { mcpServers: { [id]: { command, args, ...env(variables, (name) => `YOUR_${name}`) } } },
    file: FILES["claude-desktop"],
    ...(variables.length > 0 && { note: `Put the values of ${variables.join(", ")} in the place of YOUR_….` }),
  }),
  vscode: (id, { command, args, variables }) => ({
    json: {
      ...(variables.length > 0 && {
        inputs: variables.map((name) => prompt(name, `${name} of ${id}`)),
      }),
      servers: { [id]: { type: "stdio", command, args, ...env(variables, (name) => `\${input:${name}}`) } },
    },
    file: FILES.vscode,
  }),
  cursor: (id, { command, args, variables }) => ({
    json: { mcpServers: { [id]: { command, args, ...env(variables, (name) => `\${env:${name}}`) } } },
    file: FILES.cursor,
    ...(variables.length > 0 && { note: fromEnvironment(variables) }),
  }),
  codex: (id, { command, args, variables }) => ({
    ...toml(id, { command, args, ...(variables.length > 0 && { env_vars: variables }) }),
    file: FILES.codex,
    ...(variables.length > 0 && { note: fromEnvironment(variables) }),
  }),
};

/** Entries with which the client goes to a server that runs. */
const remote: Readonly<Record<ClientName, (id: string, connection: Remote) => Entry>> = {
  "claude-code": (id, { url, secured }) => {
    const header = secured ? ` --header "Authorization: Bearer $${TOKEN_VARIABLE}"` : "";
    return {
      json: { mcpServers: { [id]: { type: "http", url, ...(secured && authorized(`\${${TOKEN_VARIABLE}}`)) } } },
      file: FILES["claude-code"],
      command: `claude mcp add --transport http ${id} ${shell([url])}${header}`,
      ...(secured && { note: tokenFromEnvironment }),
    };
  },
  "claude-desktop": (id, { url, secured }) => {
    // Its file knows servers that it starts itself; mcp-remote is one, and goes on over HTTP. Arguments are split at
    // spaces on Windows, so the header's value comes from the environment.
    const { hostname, protocol } = new URL(url);
    const open =
      protocol === "http:" && !["localhost", "127.0.0.1", "[::1]"].includes(hostname) ? ["--allow-http"] : [];
    const header = secured ? ["--header", "Authorization:${AUTH_HEADER}"] : [];
    const server = {
      command: "npx",
      args: ["-y", "mcp-remote", url, ...open, ...header],
      ...(secured && { env: { AUTH_HEADER: "Bearer YOUR_TOKEN" } }),
    };
    const note = "A server on the internet that speaks OAuth needs no entry: add it under Settings > Connectors.";
    return { json: { mcpServers: { [id]: server } }, file: FILES["claude-desktop"], note };
  },
  vscode: (id, { url, secured }) => {
    const input = `${id}-token`;
    const server = { type: "http", url, ...(secured && authorized(`\${input:${input}}`)) };
    const inputs = secured && { inputs: [prompt(input, `Token of ${id}`)] };
    return { json: { ...inputs, servers: { [id]: server } }, file: FILES.vscode };
  },
  cursor: (id, { url, secured }) => ({
    json: { mcpServers: { [id]: { url, ...(secured && authorized(`\${env:${TOKEN_VARIABLE}}`)) } } },
    file: FILES.cursor,
    ...(secured && { note: tokenFromEnvironment }),
  }),
  codex: (id, { url, secured }) => ({
    ...toml(id, { url, ...(secured && { bearer_token_env_var: TOKEN_VARIABLE }) }),
    file: FILES.codex,
    ...(secured && { note: tokenFromEnvironment }),
  }),
};

const tokenFromEnvironment = `The client takes the token from the environment variable ${TOKEN_VARIABLE}: set it where the client starts.`;

const authorized = (token: string): object => ({ headers: { Authorization: `Bearer ${token}` } });

/** A question that VS Code asks once; it keeps the answer as a secret. */
const prompt = (id: string, description: string): object => ({ type: "promptString", id, description, password: true });

/** The variables, each as the client writes that it is to be passed on. */
function env(variables: readonly string[], valueOf: (name: string) => string): object {
  if (variables.length === 0) return {};
  return { env: Object.fromEntries(variables.map((name) => [name, valueOf(name)])) };
}

/** A basic string of TOML takes every escape that JSON writes; so does a list of them. */
function toml(id: string, server: object): Pick<Entry, "json" | "text"> {
  const lines = Object.entries(server).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return { json: { mcp_servers: { [id]: server } }, text: `[mcp_servers.${id}]\n${lines.join("\n")}` };
}

/** Words as a POSIX shell takes them. */
function shell(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");
}
