/** Whether only this machine can reach a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || /^127(?:\.\d{1,3}){3}$/.test(host) || host === "::1" || host === "[::1]";
}

/** `host` as it stands in a URL: an IPv6 address in brackets. */
export function inUrl(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::", "[::]", "*"]);

/** Whether `host` stands for all addresses of the machine: where the server listens, and no name that clients use. */
export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host);
}

/** The path of the endpoint. */
export const MCP_PATH = "/mcp";

/** Where clients on this machine reach a server that listens on `host`. */
export function endpointUrl(host: string, port: number | string): string {
  return `http://${host === "0.0.0.0" || host === "::" ? "localhost" : inUrl(host)}:${port}${MCP_PATH}`;
}
