import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { scenes } from "./demo/scenes.ts";
import { STATE_VARIABLE } from "./config/settings.ts";
import type { Stage } from "./demo/stage.ts";
import { Transcript } from "./demo/transcript.ts";

// The slow source of the scenes about cache and limits: this module is a plugin as well.
export { weather } from "./demo/weather.ts";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

export interface DemoOptions {
  /** Documents to search; relative to the current folder. */
  readonly folder?: string;
  /** A question that they answer. */
  readonly question?: string;
  /** Takes the transcript. */
  readonly out?: (text: string) => void;
}

/**
 * Starts the composed server over HTTP, drives it with a real client, and writes a transcript of what each plugin does.
 * @returns the exit code
 */
export async function demo(options: DemoOptions = {}): Promise<0 | 1> {
  const {
    folder = ".",
    question = "Why does a plugin outlive its servers?",
    out = (text: string) => void process.stdout.write(text),
  } = options;
  const documents = resolve(folder);
  const transcript = new Transcript(out);
  const temporary = mkdtempSync(join(tmpdir(), "plugboard-demo-"));
  const env = { ...getDefaultEnvironment(), [STATE_VARIABLE]: join(temporary, "state") };
  const server = spawn(process.execPath, [MAIN, "--http", "0", "--search", documents, "--log-level", "warn"], {
    cwd: temporary,
    env,
  });
  const exit = new Promise<number | null>((done) => server.once("close", done));
  const clients: Client[] = [];
  const connect = async (transport: Transport): Promise<Client> => {
    const client = new Client({ name: "plugboard-demo", version: "1.0.0" });
    clients.push(client);
    await client.connect(transport);
    return client;
  };
  try {
    const url = await listening(server);
    const overHttp = (): Promise<Client> => connect(new StreamableHTTPClientTransport(new URL(url)) as Transport);
    const client = await overHttp();
    transcript.title(`The composed server listens on ${url}`);
    const { tools } = await client.listTools();
    for (const { name, description } of tools) transcript.say(`  ${name}: ${description}`);
    const stage: Stage = {
      transcript,
      client,
      folder: documents,
      temporary,
      question,
      connect: overHttp,
      source: fileURLToPath(import.meta.url),
      connectStdio(plugins) {
        const file = join(temporary, "plugboard.json");
        writeFileSync(file, JSON.stringify({ logLevel: "warn", plugins }));
        return connect(new StdioClientTransport({ command: process.execPath, args: [MAIN, file], env }));
      },
      async serve(config) {
        const file = join(temporary, "served.json");
        writeFileSync(file, JSON.stringify({ logLevel: "warn", ...config }));
        const own = spawn(process.execPath, [MAIN, file], { cwd: temporary, env });
        const closed = new Promise<void>((done) => own.once("close", () => done()));
        const stop = async (): Promise<void> => {
          own.kill("SIGTERM");
          await closed;
        };
        const at = new URL(await listening(own));
        return {
          connect(token, through = fetch) {
            const requestInit = { headers: { Authorization: `Bearer ${token}` } };
            return connect(new StreamableHTTPClientTransport(at, { requestInit, fetch: through }) as Transport);
          },
          [Symbol.asyncDispose]: stop,
        };
      },
    };
    for (const { title, run } of scenes) {
      transcript.title(title);
      await run(stage);
    }
    await Promise.all(clients.map((each) => each.close()));
    server.kill("SIGTERM");
    const code = await exit;
    transcript.title(`The server was told to stop, and ended with exit code ${code}`);
    return code === 0 ? 0 : 1;
  } catch (error) {
    transcript.say(`The demonstration failed: ${(error as Error).message}`);
    return 1;
  } finally {
    await Promise.allSettled(clients.map((each) => each.close()));
    server.kill("SIGKILL");
    // The server may still be writing what it keeps.
    rmSync(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Reads from the server's banner where it listens. */
function listening(server: ReturnType<typeof spawn>): Promise<string> {
  let said = "";
  return new Promise((done, failed) => {
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const url = /listens on (\S+)/.exec(said)?.[1];
      if (url !== undefined) done(url);
    });
    server.once("error", failed);
    server.once("close", () => failed(new Error(`the server did not start: ${said}`)));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, question] = process.argv.slice(2);
  // A reader that has seen enough does not stop the demonstration in the middle.
  process.stdout.on("error", () => undefined);
  process.exitCode = await demo({
    ...(folder !== undefined && { folder }),
    ...(question !== undefined && { question }),
  });
}
