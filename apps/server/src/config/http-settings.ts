import { z } from "zod";
import { authSettings } from "./auth-settings.ts";

/** Events of streams, kept so that a client whose connection broke gets what it missed. */
const resumeSettings = z.strictObject({
  maxEvents: z.int().min(1).max(100_000).default(1000).describe("Most events that are kept of one session"),
  maxBytes: z.int().min(1024).max(268_435_456).default(1_048_576).describe("Most bytes that are kept of one session"),
  maxTotalBytes: z
    .int()
    .min(1024)
    .max(17_179_869_184)
    .default(67_108_864)
    .describe("Most bytes that are kept of all sessions in this process"),
  maxAgeMs: z.int().min(1000).max(86_400_000).default(300_000).describe("How long an event is kept"),
  graceMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(60_000)
    .describe("How long a call goes on whose client is gone, for it to come back; then it is cancelled"),
});

/** `name`, `name:port`, and addresses: `192.168.1.5:8080`, `[fd00::5]:8080`, `fd00::5`. */
const HOST = /^(?:(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$/;

export const httpSettings = z.strictObject({
  port: z.int().min(0).max(65_535).default(3333).describe("TCP port; 0 takes a free one"),
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on; one that is not a loopback address needs `auth` or `allowAnonymous`"),
  auth: authSettings.optional().describe("Who may call the server: bearer tokens, OAuth, and what each scope permits"),
  allowAnonymous: z
    .boolean()
    .default(false)
    .describe("Permits listening on an address that is not a loopback address without `auth`"),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "The address of the endpoint as clients see it, where a proxy stands in front: `https://mcp.example.com/mcp`; it is the OAuth resource",
    ),
  stateless: z
    .boolean()
    .default(false)
    .describe("Keeps no sessions: each request is answered by itself, by whatever instance gets it"),
  resume: z
    .union([z.literal(false), resumeSettings])
    .default(() => resumeSettings.parse({}))
    .describe("What is kept for clients whose connection breaks, in Redis where `redis` is set; `false`: nothing"),
  keepAliveMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(15_000)
    .describe("An open stream gets a comment each time nothing was sent for so long, for proxies to keep it; 0: never"),
  allowedHosts: z
    .array(
      z
        .string()
        .regex(HOST, "expected a name, or name:port, such as mcp.example.com or box:8080, without scheme and path"),
    )
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
  maxHeaderBytes: z.int().min(1024).max(1_048_576).default(16_384).describe("Largest headers of a request"),
  maxBodyValues: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(100_000)
    .describe("Most values (members, elements) in the body of a request"),
  maxBodyDepth: z.int().min(10).max(1000).default(100).describe("Deepest nesting in the body of a request"),
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
  maxBufferedBytes: z
    .int()
    .min(1024)
    .max(268_435_456)
    .default(4_194_304)
    .describe(
      "Most bytes of a stream that may wait for a client to read them; at one more event its connection is closed",
    ),
  stallTimeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("Longest time for a client to read nothing of what waits for it; then its connection is closed"),
});

export type HttpSettings = z.output<typeof httpSettings>;
