import { readFileSync } from "node:fs";
import { z } from "zod";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

/** The version of this package. */
export const packageVersion = manifest.version;

export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;

export const httpSettings = z.strictObject({
  port: z.int().min(0).max(65_535).default(3333).describe("TCP port; 0 takes a free one"),
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on; one that is not a loopback address needs `token` or `allowAnonymous`"),
  token: z
    .string()
    .min(16)
    .max(4096)
    .regex(/^[\x21-\x7e]+$/, "only visible ASCII characters, no spaces")
    .optional()
    .describe("Bearer token that every request must carry; better set in the environment than in a file"),
  allowAnonymous: z
    .boolean()
    .default(false)
    .describe("Permits listening on an address that is not a loopback address without a `token`"),
  allowedHosts: z
    .array(z.string().min(1))
    .max(1000)
    .default([])
    .describe(
      "Further names that clients may reach the server by (`Host`), such as `mcp.example.com` (any port) or `box:8080`",
    ),
  allowedOrigins: z
    .array(
      z
        .string()
        .regex(
          /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/i,
          "an origin is scheme://host or scheme://host:port, without a path",
        ),
    )
    .max(1000)
    .default([])
    .describe(
      "Web origins besides those on this machine whose pages may call the server, such as `https://app.example.com`",
    ),
  maxSessions: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe("Most sessions at a time; the one idle for longest makes room for a new one"),
  sessionIdleMs: z
    .int()
    .min(1000)
    .max(604_800_000)
    .default(1_800_000)
    .describe("A session ends after so long without a request or an open stream"),
  maxBodyBytes: z.int().min(1024).max(268_435_456).default(4_194_304).describe("Largest body of a request"),
  maxConnections: z.int().min(1).max(100_000).default(4096).describe("Most TCP connections at a time"),
  headersTimeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe("Longest time for a client to send its headers"),
  requestTimeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("Longest time for a client to send a whole request"),
});

/** What stands under a plugin's name: its options, or `false` to leave it out, or `true` for the defaults. */
const pluginEntry = z.union([
  z.boolean(),
  z.looseObject({
    plugin: z
      .string()
      .min(1)
      .optional()
      .describe("The plugin's name, package or file, where the key is a name of your own"),
  }),
]);

/** plugboard.json. */
export const fileSettings = z.strictObject({
  $schema: z.string().optional().describe("Where editors find this schema"),
  name: z.string().min(1).max(200).default("plugboard").describe("The server's name, as clients show it"),
  version: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("The server's version, as clients show it; by default the one of this package"),
  instructions: z.string().max(20_000).optional().describe("What clients tell the model about this server"),
  logLevel: z.enum(logLevels).default("info").describe("How much is logged to stderr"),
  shutdownMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(5000)
    .describe("How long running calls may take to finish when the server is told to stop"),
  disposeMs: z.int().min(0).max(600_000).default(2000).describe("How long the plugins may take to close after that"),
  http: z
    .union([z.boolean(), httpSettings])
    .optional()
    .describe("Serves over Streamable HTTP instead of stdio: `true`, or its settings"),
  plugins: z
    .record(z.string().min(1), pluginEntry)
    .default({})
    .describe("The plugins by name, each with its options; the first is outermost"),
});

export type FileSettings = z.input<typeof fileSettings>;
export type Settings = z.output<typeof fileSettings>;
export type HttpSettings = z.output<typeof httpSettings>;
export type LogLevel = (typeof logLevels)[number];

/** A setting of the file that can be set from elsewhere as well. */
export interface Source {
  readonly flag?: string;
  readonly env?: string;
  /** From the text of an environment variable to what the file would say; default: the text itself. */
  readonly read?: (text: string) => unknown;
}

const number = (text: string): unknown => (/^-?\d+$/.test(text.trim()) ? Number(text) : text);
const list = (text: string): unknown =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** The one list of flags and environment variables, by setting. */
export const sources: Readonly<Record<string, Source>> = {
  logLevel: { flag: "--log-level LEVEL", env: "PLUGBOARD_LOG_LEVEL" },
  shutdownMs: { env: "PLUGBOARD_SHUTDOWN_MS", read: number },
  "http.port": { flag: "--http [PORT]", env: "PLUGBOARD_HTTP_PORT", read: number },
  "http.host": { flag: "--host HOST", env: "PLUGBOARD_HTTP_HOST" },
  "http.token": { env: "PLUGBOARD_TOKEN" },
  "http.allowedHosts": { env: "PLUGBOARD_HTTP_ALLOWED_HOSTS", read: list },
  "http.allowedOrigins": { env: "PLUGBOARD_HTTP_ALLOWED_ORIGINS", read: list },
};

/** Names the config file, as the first argument does. */
export const CONFIG_VARIABLE = "PLUGBOARD_CONFIG";

/** Names the folder in which plugins keep what they keep between runs; they read it themselves. */
export const STATE_VARIABLE = "PLUGBOARD_STATE_DIR";
