import type { Config } from "../config/settle.ts";
import { reachNote } from "../config/reach.ts";
import type { ListedTool } from "../serve/server.ts";
import { type Connection, entryFor, TOKEN_VARIABLE } from "./clients.ts";

/** What the operator reads when the server listens: where, with which tools, and how to connect common clients. */
export function banner(
  { name, version, http, tools: settings }: Pick<Config, "name" | "version" | "http" | "tools">,
  url: string,
  tools: readonly ListedTool[],
): string {
  const id = idOf(name);
  const secured = http?.auth !== undefined;
  const connection: Connection = { type: "http", url, secured };
  const flag = secured ? ` --header "Authorization: Bearer $${TOKEN_VARIABLE}"` : "";
  const note = http && reachNote(http);
  return `${name} ${version} listens on ${url}
${note === undefined ? "" : `Note: ${note}\n`}
Tools
${toolLines(tools, settings)}

Connect a client${secured ? `, with the token in its environment variable ${TOKEN_VARIABLE}` : ""}
  Claude Code    ${entryFor("claude-code", id, connection).command ?? ""}
  VS Code        .vscode/mcp.json   ${JSON.stringify(entryFor("vscode", id, connection).json)}
  Cursor         .cursor/mcp.json   ${JSON.stringify(entryFor("cursor", id, connection).json)}
  MCP Inspector  npx @modelcontextprotocol/inspector --cli ${url} --transport http --method tools/list${flag}

Stop with Ctrl+C.
`;
}

/** The server's name as clients take it for an identifier. */
export function idOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_-]+/g, "-");
}

/** A line per tool: its name and what it does. */
export function toolLines(tools: readonly ListedTool[], { allow, deny }: Config["tools"]): string {
  if (tools.length === 0)
    return allow !== undefined || deny.length > 0
      ? "  none: `tools.allow` and `tools.deny` leave out all of them"
      : "  none: the plugins bring no tools";
  const width = Math.max(...tools.map(({ name }) => name.length));
  return tools.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
}
