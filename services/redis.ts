import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

/**
 * For `describe.skipIf`: true where Redis is missing. Where all servers have to be there (`PLUGBOARD_REQUIRE_SERVICES`), the
 * tests run, and fail for want of it.
 */
export const skipsRedis = !hasRedis && process.env["PLUGBOARD_REQUIRE_SERVICES"] !== "1";

const MAX_ATTEMPTS = 3;

/** A Redis of its own on a free port of the loopback interface, with nothing in it and nothing kept. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<RedisServer> {
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), "plugboard-redis-")));
      try {
        await server.start();
        return server;
      } catch (error) {
        await server[Symbol.asyncDispose]();
        // Another process may have taken the port since it was found free.
        if (attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** After `stop`: the same port, empty again. */
  async start(): Promise<void> {
    const options = { port: this.port, bind: "127.0.0.1", dir: this.#folder, save: "", appendonly: "no" };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    const output: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      output.push(line);
      if (line.includes("Ready to accept connections")) {
        child.stdout.resume();
        return;
      }
    }
    throw new Error(`redis-server did not start:\n${output.join("\n")}`);
  }

  /** At once, as a crash does. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Keeps its connections and answers nobody, until `resume`. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
