import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { STATE_VARIABLE } from "./config/settings.ts";
import { MAIN, type RunningServer, startServer } from "./demo/program.ts";
import { scenes } from "./demo/scenes.ts";
import type { Stage } from "./demo/stage.ts";
import { Transcript } from "./demo/transcript.ts";

// The slow source of the scenes about cache and limits: this module is a plugin as well.
export { weather } from "./demo/weather.ts";

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
  const started: RunningServer[] = [];
  const start = async (...args: string[]): Promise<RunningServer> => {
    const server = await startServer(args, { cwd: temporary, env });
    started.push(server);
    return server;
  };
  const clients: Client[] = [];
  const connect = async (transport: Transport): Promise<Client> => {
    const client = new Client({ name: "plugboard-demo", version: "1.0.0" });
    clients.push(client);
    await client.connect(transport);
    return client;
  };
  /** A config file of one scene. */
  const written = (config: object): string => {
    const file = join(temporary, "plugboard.json");
    writeFileSync(file, JSON.stringify({ logLevel: "warn", ...config }));
    return file;
  };
  try {
    const log = join(temporary, "shop.log");
    const source = fileURLToPath(import.meta.url);
    const server = await start(written({ http: { port: 0 }, plugins: pluginsOf({ documents, log, source }) }));
    const overHttp = (): Promise<Client> => connect(new StreamableHTTPClientTransport(server.url) as Transport);
    const client = await overHttp();
    transcript.title(`The composed server listens on ${server.url.href}`);
    const { tools } = await client.listTools();
    for (const { name, description } of tools) transcript.say(`  ${name}: ${description}`);
    const stage: Stage = {
      transcript,
      client,
      folder: documents,
      log,
      temporary,
      question,
      connect: overHttp,
      source,
      connectStdio(plugins) {
        const args = [MAIN, written({ plugins })];
        return connect(new StdioClientTransport({ command: process.execPath, args, env }));
      },
      async serve(config) {
        const { url, stop } = await start(written(config));
        return {
          connect(token, through = fetch) {
            const requestInit = { headers: { Authorization: `Bearer ${token}` } };
            return connect(new StreamableHTTPClientTransport(url, { requestInit, fetch: through }) as Transport);
          },
          [Symbol.asyncDispose]: async () => void (await stop()),
        };
      },
    };
    for (const { title, run } of scenes) {
      transcript.title(title);
      await run(stage);
    }
    await Promise.all(clients.map((each) => each.close()));
    const code = await server.stop();
    transcript.title(`The server was told to stop, and ended with exit code ${code}`);
    return code === 0 ? 0 : 1;
  } catch (error) {
    transcript.say(`The demonstration failed: ${(error as Error).message}`);
    return 1;
  } finally {
    await Promise.allSettled(clients.map((each) => each.close()));
    // A server writes what it keeps until it has ended.
    await Promise.all(started.map((server) => server.stop()));
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** What the server runs that most scenes are played with. */
function pluginsOf({ documents, log, source }: Record<"documents" | "log" | "source", string>): object {
  const forecasts = { name: "forecasts", tools: ["forecast"], limit: 3, windowMs: 3000, maxWaitMs: 2000 };
  return {
    cache: { ttlMs: 400, staleMs: 60_000, jitter: 0 },
    ratelimit: { rules: [forecasts] },
    search: { roots: [documents] },
    logtail: { paths: [log] },
    weather: { plugin: source },
  };
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
