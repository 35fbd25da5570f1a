import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const home = join(import.meta.dirname, "..");
const args = (program: string, more: readonly string[]): string[] => ["--import", "tsx", program, ...more];
const env = (): Record<string, string> => ({
  ...getDefaultEnvironment(),
  PLUGBOARD_STATE_DIR: process.env["PLUGBOARD_STATE_DIR"] ?? "",
});

/** An example as a client starts it: over stdio. */
export async function overStdio(program: string, ...more: string[]): Promise<Client & AsyncDisposable> {
  const command = { command: process.execPath, args: args(program, more), cwd: home, env: env() };
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StdioClientTransport({ ...command, stderr: "pipe" }));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** The exit code of an example whose input ends once it has written `ready` to stderr. */
export async function endOfInput(program: string, ready: string, ...more: string[]): Promise<number | null> {
  const child = spawn(process.execPath, args(program, more), {
    cwd: home,
    env: env(),
    stdio: ["pipe", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stderr })) if (line === ready) break;
  child.stdin.end();
  return (await ended)[0] as number | null;
}

/** An example as an operator starts it: on a free port, until it is told to stop. */
export class HttpExample implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #url: URL;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = new URL(url);
  }

  static async start(program: string, variables: Record<string, string> = {}): Promise<HttpExample> {
    const options = {
      cwd: home,
      env: { ...env(), PORT: "0", ...variables },
      stdio: ["ignore", "ignore", "pipe"] as const,
    };
    const child = spawn(process.execPath, args(program, []), { ...options, stdio: [...options.stdio] });
    const output: string[] = [];
    for await (const line of createInterface({ input: child.stderr! })) {
      output.push(line);
      if (!line.startsWith("http://")) continue;
      child.stderr!.resume();
      return new HttpExample(child, line);
    }
    throw new Error(`${program} did not start:\n${output.join("\n")}`);
  }

  get url(): URL {
    return this.#url;
  }

  async connect(): Promise<Client & AsyncDisposable> {
    const client = new Client({ name: "test", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
    await client.connect(new StreamableHTTPClientTransport(this.#url));
    return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
  }

  /** The exit code after SIGTERM. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    return (await ended)[0] as number | null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The text of a result. */
export const textOf = ({ content }: { content?: unknown }): string =>
  (content as { text?: string }[] | undefined)?.map(({ text }) => text ?? "").join("\n") ?? "";
