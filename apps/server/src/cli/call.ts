import { readFileSync } from "node:fs";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { Failure, INTERRUPTED } from "../config/failure.ts";
import { nearest } from "../config/nearest.ts";
import { composePlugins } from "../plugins/compose.ts";
import { connectInMemory, serverFactory } from "../serve/server.ts";
import { packageVersion } from "../version.ts";
import { Bar } from "./bar.ts";
import type { CallInvocation } from "./invocation.ts";
import { harmless, type Output } from "./output.ts";
import { prepare } from "./prepare.ts";
import { readable } from "./result.ts";

/** How long a call may take without a word of progress. */
const SILENCE_MS = 600_000;

/** How long a cancelled call, a connection and the plugins get to end, each. */
const END_MS = 2000;

/** `plugboard call`: runs one tool, of the configured server in this process, or of another one. */
export async function call(invocation: CallInvocation, output: Output): Promise<number> {
  const args = argumentsOf(invocation.args);
  const { client, close } = invocation.url === undefined ? await here(invocation) : await there(invocation);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error("interrupted"));
  // A second one ends the program at once.
  process.once("SIGINT", interrupt);
  const bar = new Bar(output);
  try {
    await checkCall(client, invocation.tool, args, stop.signal);
    const result = (await client.callTool({ name: invocation.tool, arguments: args }, undefined, {
      signal: stop.signal,
      timeout: SILENCE_MS,
      resetTimeoutOnProgress: true,
      onprogress: (progress) => bar.update(progress),
    })) as CallToolResult;
    bar.clear();
    if (invocation.json) output.out(`${JSON.stringify(result, null, 2)}\n`);
    else output.out(output.outIsTerminal ? harmless(readable(result)) : readable(result));
    return result.isError === true ? 1 : 0;
  } catch (error) {
    bar.clear();
    if (error instanceof Failure) throw error;
    if (stop.signal.aborted) {
      output.err("Cancelled.\n");
      return INTERRUPTED;
    }
    const why = error instanceof Error ? error.message.replace(/^MCP error -?\d+: /, "") : String(error);
    throw new Failure(`The call of \`${invocation.tool}\` failed: ${why.replace(/\.$/, "")}.`, 1, { cause: error });
  } finally {
    process.removeListener("SIGINT", interrupt);
    await close();
  }
}

interface Connected {
  readonly client: Client;
  close(): Promise<void>;
}

async function here({ flags }: CallInvocation): Promise<Connected> {
  const { config } = prepare(flags, "warn");
  const { plugin } = await composePlugins(config);
  const client = await connectInMemory(serverFactory(config, plugin));
  return {
    client,
    async close() {
      await client.close();
      await soon(plugin.dispose());
    },
  };
}

async function there({ url = "", token = process.env["PLUGBOARD_TOKEN"] }: CallInvocation): Promise<Connected> {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  const client = new Client({ name: "plugboard", version: packageVersion });
  try {
    await client.connect(transport as Transport);
  } catch (error) {
    throw new Failure(`${url} cannot be called: ${reasonOf(error, Boolean(token))}.`, 1, { cause: error });
  }
  return {
    client,
    async close() {
      // The session ends on the server as well; the cancellation of a call has to go out before.
      await soon(transport.terminateSession());
      await client.close();
    },
  };
}

function reasonOf(error: unknown, hasToken: boolean): string {
  const { code, message, cause } = error as Error & { code?: unknown; cause?: { code?: unknown; message?: string } };
  if (code === 401 || (error as Error).name === "UnauthorizedError")
    return hasToken ? "it does not know the token" : "it wants a token; set PLUGBOARD_TOKEN, or give `--token`";
  if (cause?.code === "ECONNREFUSED") return "nothing listens there";
  return (cause?.message ?? message).replace(/\.$/, "");
}

/** @throws Failure that says what was meant, where there is no such tool, or what the tool needs besides */
async function checkCall(client: Client, name: string, args: object, signal: AbortSignal): Promise<void> {
  const tools = client.getServerCapabilities()?.tools ? (await client.listTools(undefined, { signal })).tools : [];
  const tool = tools.find((one) => one.name === name);
  if (tool) {
    const { required = [], properties = {} } = tool.inputSchema;
    const missing = required.filter((one) => !Object.hasOwn(args, one));
    if (missing.length === 0) return;
    throw new Failure(`\`${name}\` needs ${listed(missing)}. Its arguments: ${listed(Object.keys(properties))}.`);
  }
  const names = tools.map((one) => one.name);
  const meant = nearest(name, names);
  const hint = meant === undefined ? `Tools: ${names.join(", ") || "none"}.` : `Did you mean \`${meant}\`?`;
  throw new Failure(`There is no tool \`${name}\`. ${hint}`);
}

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

function argumentsOf(text: string): Record<string, unknown> {
  const json = text === "-" ? readFileSync(0, "utf8") : text;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    const why = (error as Error).message;
    throw new Failure(`The arguments are not JSON: ${why}. Quote them: \`plugboard call search '{"query": "tls"}'\`.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Failure('The arguments are a JSON object, such as \'{"query": "tls"}\'.');
}

/** Waits for what should end soon; what fails, or does not end, is left. */
async function soon(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, END_MS);
  });
  await Promise.race([work.then(undefined, () => undefined), over]);
  clearTimeout(timer);
}
