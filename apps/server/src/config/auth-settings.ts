import { z } from "zod";

const scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "a scope is visible ASCII without spaces, quotes and backslashes");

const token = z
  .string()
  .min(16)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, "only visible ASCII characters, no spaces");

const tokenSettings = z
  .strictObject({
    name: z.string().min(1).max(100).describe("Who has the token: it is named in the log, and counts as one caller"),
    hash: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, "`sha256:` and 64 hexadecimal digits, as `plugboard token` prints them")
      .optional()
      .describe("SHA-256 of the token, as `plugboard token` prints it; the token itself is nowhere"),
    token: token.optional().describe("The token itself, from a secret: `${MY_TOKEN}` or `${file:/run/secrets/token}`"),
    scopes: z.array(scope).max(100).default([]).describe("Scopes that its holder has"),
  })
  .refine(({ hash, token: text }) => (hash === undefined) !== (text === undefined), "give either `hash` or `token`");

const url = z.url({ protocol: /^https?$/ });

const oauthSettings = z.strictObject({
  issuer: url.describe("The authorization server; `iss` of its tokens. Over http only on this machine"),
  audience: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe("`aud` that a token must have; by default the address of the endpoint (`publicUrl`)"),
  jwksUrl: url.optional().describe("Where the issuer's keys are; by default what its metadata says"),
  algorithms: z
    .array(z.enum(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]))
    .min(1)
    .default(["RS256", "PS256", "ES256", "EdDSA"])
    .describe("Signatures that are accepted"),
  requiredScopes: z.array(scope).max(100).default([]).describe("Scopes that every token must have"),
  clockToleranceMs: z.int().min(0).max(300_000).default(5000).describe("How far the clocks may be apart"),
});

/** Who may call the server over HTTP. */
export const authSettings = z.strictObject({
  token: token.optional().describe("One token that permits everything; better set in the environment than in a file"),
  tokens: z.array(tokenSettings).max(1000).default([]).describe("Tokens, each with its holder and scopes"),
  oauth: oauthSettings.optional().describe("Accepts access tokens (JWT) of an OAuth 2.1 authorization server"),
  scopes: z
    .record(scope, z.array(z.string().min(1)).max(1000))
    .optional()
    .describe(
      'Tools, and addresses of resources, by scope: `{"logs": ["logtail_*", "log:*"]}`. A caller gets those of its scopes and of `*`; without this, all',
    ),
});

export type AuthSettings = z.output<typeof authSettings>;
export type OAuthSettings = z.output<typeof oauthSettings>;
