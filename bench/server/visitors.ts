// What clients do over Node's own HTTP client, where a stream has to be read piece by piece, or dropped.
import { type IncomingMessage, request, type RequestOptions } from "node:http";
import { initialize } from "./client.ts";

function ask(port: number, options: RequestOptions, body?: object): Promise<IncomingMessage> {
  const { headers, ...others } = options;
  const all = {
    Accept: "application/json, text/event-stream",
    ...(body && { "Content-Type": "application/json" }),
    ...(headers as Record<string, string>),
  };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: "/mcp", agent: false, ...others, headers: all }, resolve)
      .on("error", reject)
      .end(body && JSON.stringify(body));
  });
}

const named = (session: string, protocol = "2025-11-25"): Record<string, string> => ({
  "Mcp-Session-Id": session,
  "Mcp-Protocol-Version": protocol,
});

/** Opens a session. */
export async function open(port: number): Promise<string> {
  const response = await ask(port, { method: "POST" }, initialize);
  await read(response);
  return String(response.headers["mcp-session-id"]);
}

/** Ends a session. */
export async function leave(port: number, session: string | undefined): Promise<void> {
  if (session !== undefined) await read(await ask(port, { method: "DELETE", headers: named(session) }));
}

/** Calls the tool that reports and waits, or posts an array of messages; resolves when the answer has begun. */
export function call(port: number, session: string, id: number | readonly object[], ms = 0): Promise<IncomingMessage> {
  if (typeof id === "object") return ask(port, { method: "POST", headers: named(session, "2025-03-26") }, id);
  const params = { name: "work", arguments: { ms, reports: 4 }, _meta: { progressToken: id } };
  const body = { jsonrpc: "2.0", id, method: "tools/call", params };
  return ask(port, { method: "POST", headers: named(session) }, body);
}

/** Reads an answer to its end, or drops it after so many events; tells the id of the last one. */
export async function read(response: IncomingMessage, events = Infinity): Promise<{ text: string; lastId: string }> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
    if (text.split("\n\n").length > events) break;
  }
  if (events < Infinity) response.destroy();
  const whole = text.slice(0, text.lastIndexOf("\n\n"));
  return { text, lastId: [...whole.matchAll(/^id: (\S+)$/gm)].at(-1)?.[1] ?? "" };
}

/** Comes back for what follows an event. */
export async function resumeAfter(port: number, session: string, lastId: string): Promise<{ text: string }> {
  const headers = { ...named(session), "Last-Event-ID": lastId, Accept: "text/event-stream" };
  return await read(await ask(port, { method: "GET", headers }));
}
