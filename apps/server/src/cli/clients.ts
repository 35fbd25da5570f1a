/** Clients whose settings are known here, each as its documentation of November 2026 says. */
export const clientNames = ["claude-code", "claude-desktop", "vscode", "cursor", "codex"] as const;
export type ClientName = (typeof clientNames)[number];

/** How a client reaches the server. */
export type Connection =
  | { readonly type: "stdio"; readonly command: string; readonly args: readonly string[] }
  | {
      readonly type: "http";
      readonly url: string;
      /** Whether the server wants a token. */
      readonly secured: boolean;
    };

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
const VARIABLE = "PLUGBOARD_TOKEN";

/** What to put into the settings of a client. @param id the server's name there */
export function entryFor(client: ClientName, id: string, connection: Connection): Entry {
  return entries[client](id, connection);
}

const entries: Readonly<Record<ClientName, (id: string, connection: Connection) => Entry>> = {
  "claude-code": (id, connection) => {
    const secured = connection.type === "http" && connection.secured;
    const server =
      connection.type === "stdio" ? connection : remote(connection, `Bearer \${${VARIABLE}}`, { type: "http" });
    const line =
      connection.type === "stdio"
        ? `claude mcp add ${id} -- ${shell([connection.command, ...connection.args])}`
        : `claude mcp add --transport http ${id} ${shell([connection.url])}${secured ? ` --header "Authorization: Bearer $${VARIABLE}"` : ""}`;
    return {
      json: { mcpServers: { [id]: server } },
      file: ".mcp.json in the project",
      command: line,
      ...(secured && { note: inEnvironment }),
    };
  },
  "claude-desktop": (id, connection) => {
    const file = "claude_desktop_config.json (Settings > Developer > Edit Config)";
    if (connection.type === "stdio") return { json: { mcpServers: { [id]: local(connection) } }, file };
    // Its file knows servers that it starts itself; mcp-remote is one, and goes on over HTTP. Arguments are split at
    // spaces on Windows, so the header's value comes from the environment.
    const { url, secured } = connection;
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
    return { json: { mcpServers: { [id]: server } }, file, note };
  },
  vscode: (id, connection) => {
    const file = ".vscode/mcp.json in the workspace";
    if (connection.type === "stdio")
      return { json: { servers: { [id]: { type: "stdio", ...local(connection) } } }, file };
    const input = `${id}-token`;
    const asks = { inputs: [{ type: "promptString", id: input, description: `Token of ${id}`, password: true }] };
    const server = remote(connection, `Bearer \${input:${input}}`, { type: "http" });
    return { json: { ...(connection.secured && asks), servers: { [id]: server } }, file };
  },
  cursor: (id, connection) => {
    const file = ".cursor/mcp.json in the project, or ~/.cursor/mcp.json";
    if (connection.type === "stdio") return { json: { mcpServers: { [id]: local(connection) } }, file };
    const server = remote(connection, `Bearer \${env:${VARIABLE}}`);
    return { json: { mcpServers: { [id]: server } }, file, ...(connection.secured && { note: inEnvironment }) };
  },
  codex: (id, connection) => {
    const secured = connection.type === "http" && connection.secured;
    const server =
      connection.type === "stdio"
        ? local(connection)
        : { url: connection.url, ...(secured && { bearer_token_env_var: VARIABLE }) };
    // A basic string of TOML takes every escape that JSON writes; so does a list of them.
    const lines = Object.entries(server).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return {
      json: { mcp_servers: { [id]: server } },
      text: `[mcp_servers.${id}]\n${lines.join("\n")}`,
      file: "~/.codex/config.toml",
      ...(secured && { note: inEnvironment }),
    };
  },
};

const inEnvironment = `The client takes the token from the environment variable ${VARIABLE}: set it where the client starts.`;

const local = ({ command, args }: Extract<Connection, { type: "stdio" }>): object => ({ command, args });

function remote(
  { url, secured }: Extract<Connection, { type: "http" }>,
  authorization: string,
  more: object = {},
): object {
  return { ...more, url, ...(secured && { headers: { Authorization: authorization } }) };
}

/** Words as a POSIX shell takes them. */
function shell(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(" ");
}
