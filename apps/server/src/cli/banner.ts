import type { Config } from "../config/settle.ts";
import type { ListedTool } from "../serve/server.ts";

/** What the operator reads when the server listens: where, with which tools, and how to connect common clients. */
export function banner(
  { name, version, http }: Pick<Config, "name" | "version" | "http">,
  url: string,
  tools: readonly ListedTool[],
): string {
  const id = idOf(name);
  const secured = http?.auth !== undefined;
  const headers = secured ? { headers: { Authorization: "Bearer YOUR_TOKEN" } } : {};
  const flag = secured ? ' --header "Authorization: Bearer YOUR_TOKEN"' : "";
  return `${name} ${version} listens on ${url}

Tools
${toolLines(tools)}

Connect a client
  Claude Code    claude mcp add --transport http ${id} ${url}${flag}
  VS Code        .vscode/mcp.json   ${JSON.stringify({ servers: { [id]: { type: "http", url, ...headers } } })}
  Cursor         .cursor/mcp.json   ${JSON.stringify({ mcpServers: { [id]: { url, ...headers } } })}
  MCP Inspector  npx @modelcontextprotocol/inspector --cli ${url} --transport http --method tools/list${flag}

Stop with Ctrl+C.
`;
}

/** The server's name as clients take it for an identifier. */
export function idOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_-]+/g, "-");
}

/** A line per tool: its name and what it does. */
export function toolLines(tools: readonly ListedTool[]): string {
  if (tools.length === 0) return "  none: the plugins bring no tools";
  const width = Math.max(...tools.map(({ name }) => name.length));
  return tools.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
}
