import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const sdkFile = fileURLToPath(new URL("sdk.ts", import.meta.url));
const echoFile = fileURLToPath(new URL("echo.js", import.meta.url));
/** The built program; another build of it by the environment variable. */
const mainFile = process.env["BENCH_MAIN"] ?? fileURLToPath(new URL("../../apps/server/dist/main.js", import.meta.url));

/** A server in a process of its own. */
export class ServerProcess {
  readonly port: number;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #folder: string | undefined;

  private constructor(child: ChildProcess, port: number, folder?: string) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
    this.pid = child.pid ?? 0;
  }

  /** One of those that the composed server is measured against. */
  static async sdk(kind: "floor" | "sessions" | "perRequest"): Promise<ServerProcess> {
    const child = spawn(process.execPath, ["--import", "tsx", sdkFile, kind], { stdio: ["ignore", "pipe", "inherit"] });
    return new ServerProcess(child, await portOf(child, "stdout"));
  }

  /** The composed server, as it is published, with the plugins that are there by default and the tools of `echo.js`. */
  static async plugboard(http: object, plugins: object = {}): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), "plugboard-bench-"));
    const file = join(folder, "plugboard.json");
    writeFileSync(
      file,
      JSON.stringify({ logLevel: "warn", http: { port: 0, ...http }, plugins: { ...plugins, [echoFile]: {} } }),
    );
    const child = spawn(process.execPath, ["--expose-gc", mainFile, file], { stdio: ["ignore", "ignore", "pipe"] });
    return new ServerProcess(child, await portOf(child, "stderr"), folder);
  }

  /** Processor time that it has used, in microseconds. */
  get cpuMicros(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  }

  /** Its open files, and how many of them are sockets. */
  get files(): { readonly all: number; readonly sockets: number } {
    const folder = `/proc/${this.pid}/fd`;
    const links = readdirSync(folder).map((file) => {
      try {
        return readlinkSync(join(folder, file));
      } catch {
        return "";
      }
    });
    return { all: links.length, sockets: links.filter((link) => link.startsWith("socket:")).length };
  }

  /** Ends it as an operator would; resolves with its exit code. */
  async stop(): Promise<number | null> {
    const exit = new Promise<number | null>((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGTERM");
    const code = await exit;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    return code;
  }
}

async function portOf(child: ChildProcess, stream: "stdout" | "stderr"): Promise<number> {
  let said = "";
  return await new Promise((resolve, reject) => {
    child[stream]?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000);
      const port = /listens on http:\/\/[^:]+:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("close", () => reject(new Error(`The server ended before it listened: ${said}`)));
  });
}
