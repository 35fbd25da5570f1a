import { z } from "zod";
import { httpSettings } from "./http-settings.ts";

export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;

/** What the server itself reads of a plugin's options. */
export const pluginObject = z.looseObject({
  plugin: z
    .string()
    .min(1)
    .optional()
    .describe("The plugin's name, package or file, where the key is a name of your own"),
  as: z
    .string()
    .min(1)
    .optional()
    .describe("The name of this instance and of its tools; by default the key, where `plugin` is given"),
  enabled: z.boolean().default(true).describe("`false` leaves the plugin out, and its options in the file"),
});

/** What stands under a plugin's name: its options, or `false` to leave it out, or `true` for the defaults. */
const pluginEntry = z.union([z.boolean(), pluginObject]);

/** Which tools the server offers, and what it says of them. */
const toolSettings = z.strictObject({
  allow: z
    .array(z.string().min(1))
    .max(1000)
    .optional()
    .describe("Only these tools, by name or with `*`: `search`, `logtail_*`; by default all"),
  deny: z.array(z.string().min(1)).max(1000).default([]).describe("Not these tools, even if they are allowed"),
  describe: z
    .record(z.string().min(1), z.string().min(1).max(10_000))
    .default({})
    .describe("Descriptions of tools, by name, instead of their own"),
});

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
  redis: z
    .url({ protocol: /^(rediss?|unix)$/, error: "expected an address such as redis://localhost:6379" })
    .optional()
    .describe(
      "A Redis that several instances share: sessions and their events, and the store of `cache` and `ratelimit` where they name none",
    ),
  tools: toolSettings
    .default(() => toolSettings.parse({}))
    .describe("Which tools the server offers, and what it says of them"),
  http: z
    .union([z.boolean(), httpSettings])
    .optional()
    .describe("Serves over Streamable HTTP instead of stdio: `true`, or its settings"),
  plugins: z
    .record(z.string().min(1), pluginEntry)
    .default({})
    .describe("The plugins by name, each with its options; the first is outermost"),
});

export type Settings = z.output<typeof fileSettings>;
export type LogLevel = (typeof logLevels)[number];

/** A setting of the file that can be set from elsewhere as well. */
export interface Source {
  readonly flag?: string;
  readonly env?: string;
  /** From the text of an environment variable to what the file would say; default: the text itself. */
  readonly read?: (text: string) => unknown;
}

const yes = (text: string): unknown =>
  /^(?:1|true|yes)$/i.test(text) ? true : /^(?:0|false|no)$/i.test(text) ? false : text;
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
  redis: { env: "PLUGBOARD_REDIS" },
  "http.port": { flag: "--http [PORT]", env: "PLUGBOARD_HTTP_PORT", read: number },
  "http.host": { flag: "--host HOST", env: "PLUGBOARD_HTTP_HOST" },
  "http.auth.token": { env: "PLUGBOARD_TOKEN" },
  "http.allowAnonymous": { flag: "--allow-anonymous", env: "PLUGBOARD_HTTP_ALLOW_ANONYMOUS", read: yes },
  "http.publicUrl": { env: "PLUGBOARD_HTTP_PUBLIC_URL" },
  "http.stateless": { env: "PLUGBOARD_HTTP_STATELESS", read: yes },
  "http.allowedHosts": { env: "PLUGBOARD_HTTP_ALLOWED_HOSTS", read: list },
  "http.allowedOrigins": { env: "PLUGBOARD_HTTP_ALLOWED_ORIGINS", read: list },
};

/** The schema of the setting at a path of the file. */
export function schemaAt(path: readonly string[]): z.ZodType {
  return path.reduce<z.ZodType>((schema, key) => objectOf(schema)?.shape[key] as z.ZodType, fileSettings);
}

/** The object that a setting may be; undefined where it is none. */
function objectOf(schema: z.ZodType): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return objectOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).map(objectOf).find(Boolean);
  return undefined;
}

/** Names the config file, as the first argument does. */
export const CONFIG_VARIABLE = "PLUGBOARD_CONFIG";

/** Names the folder in which plugins keep what they keep between runs; they read it themselves. */
export const STATE_VARIABLE = "PLUGBOARD_STATE_DIR";
