import { createHash } from "node:crypto";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { createAuthenticator } from "../src/auth/authenticator.ts";
import type { Authenticator, Challenge, Identity } from "../src/auth/types.ts";
import { authSettings } from "../src/config/auth-settings.ts";
import { createLog } from "../src/serve/log.ts";

const TOKEN = "the-owners-token-0123456789";
const LOGS = "a-token-for-logs-0123456789";
const BOTH = "a-token-for-both-0123456789";
const ISSUER = "https://issuer.example.com";
const hashOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

function make(
  settings: z.input<typeof authSettings>,
  url = "http://localhost:3333/mcp",
): Authenticator & { logged: string[] } {
  const logged: string[] = [];
  const log = createLog("debug", { write: (line) => logged.push(line) });
  return { ...createAuthenticator(authSettings.parse(settings), { url }, log), logged };
}

async function identityOf(authenticator: Authenticator, token: string): Promise<Identity> {
  const outcome = await authenticator.authenticate(`Bearer ${token}`);
  if ("challenge" in outcome) throw new Error(outcome.challenge.message);
  return outcome.identity;
}

async function challengeOf(authenticator: Authenticator, header: string | undefined): Promise<Challenge> {
  const outcome = await authenticator.authenticate(header);
  if ("identity" in outcome) throw new Error(`let ${outcome.identity.name} in`);
  return outcome.challenge;
}

describe("static tokens", () => {
  const settings = {
    token: TOKEN,
    tokens: [
      { name: "logs", hash: hashOf(LOGS), scopes: ["logs"] },
      { name: "both", token: BOTH, scopes: ["logs", "docs"] },
    ],
    scopes: { logs: ["logtail_*"], docs: ["search"] },
  };

  test("each stands for its holder, with its scopes, and is nowhere itself", async () => {
    const made = make(settings);
    for (const [token, name, scopes] of [
      [LOGS, "logs", ["logs"]],
      [BOTH, "both", ["logs", "docs"]],
    ] as const) {
      const identity = await identityOf(made, token);
      expect(identity).toMatchObject({ name, auth: { scopes, extra: { sub: name, iss: "plugboard:token" } } });
      expect(JSON.stringify(identity)).not.toContain(token);
    }
    expect((await identityOf(made, TOKEN)).key).not.toBe((await identityOf(made, LOGS)).key);
    expect((await identityOf(make({ tokens: [{ name: "logs", token: BOTH }] }), BOTH)).key).toBe(
      (await identityOf(made, LOGS)).key,
    );
  });

  test.each([
    ["Bearer", 'error="invalid_token"'],
    ["Bearer ", 'error="invalid_token"'],
    [`Bearer ${TOKEN} ${TOKEN}`, 'error="invalid_token"'],
    [`Bearer ${TOKEN}x`, 'error="invalid_token"'],
    [`Bearer ${TOKEN.slice(0, -1)}`, 'error="invalid_token"'],
    [`Bearer ${TOKEN.toUpperCase()}`, 'error="invalid_token"'],
    [`Bearer ${hashOf(LOGS)}`, 'error="invalid_token"'],
    [`Bearer ${"x".repeat(16_385)}`, "longer than 16384 characters"],
    [`Bearer \u00e9${TOKEN}`, 'error="invalid_token"'],
    [undefined, undefined],
    ["", undefined],
    [TOKEN, undefined],
    [`Basic ${btoa(`x:${TOKEN}`)}`, undefined],
    [`Bearer,${TOKEN}`, undefined],
  ])("the header %j is refused with 401", async (header, error) => {
    const { status, headers } = await challengeOf(make(settings), header);
    expect(status).toBe(401);
    const challenge = headers["WWW-Authenticate"] ?? "";
    expect(challenge).toMatch(/^Bearer realm="plugboard"/);
    // RFC 6750, section 3.1: without credentials no error.
    if (error === undefined) expect(challenge).toBe('Bearer realm="plugboard"');
    else expect(challenge).toContain(error);
  });

  test.each([`bearer ${TOKEN}`, `BEARER   ${TOKEN}`, `Bearer ${TOKEN} `])(
    "the header %j is accepted",
    async (header) => {
      expect(await make(settings).authenticate(header)).toHaveProperty("identity");
    },
  );

  test.each([
    [
      "a name that is there twice",
      {
        tokens: [
          { name: "a", token: LOGS },
          { name: "a", token: BOTH },
        ],
      },
      "named `a`",
    ],
    [
      "a token that is there twice",
      {
        tokens: [
          { name: "a", token: LOGS },
          { name: "b", hash: hashOf(LOGS) },
        ],
      },
      "same token",
    ],
    ["the owner's token again", { token: TOKEN, tokens: [{ name: "a", token: TOKEN }] }, "same token"],
    [
      "the owner's name again",
      { token: TOKEN, tokens: [{ name: "token", token: LOGS }] },
      "the holder of `http.auth.token`",
    ],
    ["nobody", { scopes: { logs: ["x"] } }, "names nobody"],
  ])("%s is a mistake at start", (_, wrong, why) => {
    expect(() => make(wrong)).toThrow(why);
  });

  test("scopes that nothing is said about are worth a warning", () => {
    expect(make({ tokens: [{ name: "a", token: LOGS, scopes: ["logs"] }] }).logged.join()).toContain(
      "permits every tool",
    );
  });
});

describe("with OAuth", () => {
  const oauth = { issuer: ISSUER, requiredScopes: ["mcp"] };

  test("a challenge says where the metadata is, and what to ask for", async () => {
    const made = make({ oauth, scopes: { logs: ["logtail_*"], "*": ["search"] } });
    const where =
      'resource_metadata="http://localhost:3333/.well-known/oauth-protected-resource/mcp", scope="mcp logs"';
    expect((await challengeOf(made, undefined)).headers["WWW-Authenticate"]).toBe(`Bearer realm="plugboard", ${where}`);
    expect((await challengeOf(made, "Bearer x")).headers["WWW-Authenticate"]).toContain(where);
  });

  test("the metadata of the resource stands where RFC 9728 wants it", () => {
    const made = make({ oauth, scopes: { logs: ["logtail_*"] } });
    const document = {
      resource: "http://localhost:3333/mcp",
      authorization_servers: [ISSUER],
      scopes_supported: ["mcp", "logs"],
      bearer_methods_supported: ["header"],
    };
    expect(made.document("/.well-known/oauth-protected-resource")).toEqual(document);
    expect(made.document("/.well-known/oauth-protected-resource/mcp")).toEqual(document);
    expect(made.document("/.well-known/oauth-protected-resource/other")).toBeUndefined();
    expect(made.document("/mcp")).toBeUndefined();
    expect(make({ token: TOKEN }).document("/.well-known/oauth-protected-resource")).toBeUndefined();
  });

  test("behind a proxy it is about the address that clients know, and found under the path that they use", async () => {
    const made = make({ oauth }, "https://example.com/tools/mcp");
    const path = "/.well-known/oauth-protected-resource/tools/mcp";
    expect(made.document(path)).toMatchObject({ resource: "https://example.com/tools/mcp" });
    expect((await challengeOf(made, undefined)).headers["WWW-Authenticate"]).toContain(`"https://example.com${path}"`);
  });

  test("tokens of the settings go on to count, and no issuer is asked about them", async () => {
    expect(await identityOf(make({ token: TOKEN, oauth }), TOKEN)).toMatchObject({ name: "token" });
  });
});

describe("an objection", () => {
  const made = make({
    token: TOKEN,
    tokens: [
      { name: "logs", token: LOGS, scopes: ["logs"] },
      { name: "none", token: BOTH },
    ],
    oauth: { issuer: ISSUER },
    scopes: { logs: ["logtail_*", "log:///app/*"], admin: ["logtail_*", "cache_clear"], "*": ["search"] },
  });
  const request = (method: string, params?: object) => ({ jsonrpc: "2.0", id: 1, method, params }) as JSONRPCMessage;
  const call = (name: unknown, method = "tools/call") => request(method, { name });
  const read = (uri: string, method = "resources/read") => request(method, { uri });

  test("is made to a tool of another scope, with the scopes to ask for", async () => {
    const logs = await identityOf(made, LOGS);
    expect(made.objection(logs, [call("cache_clear")])).toEqual({
      status: 403,
      message: "`cache_clear` needs the scope `admin`.",
      headers: {
        "WWW-Authenticate":
          'Bearer realm="plugboard", error="insufficient_scope", error_description="The token lacks a scope for this.", ' +
          'resource_metadata="http://localhost:3333/.well-known/oauth-protected-resource/mcp", scope="logs admin"',
      },
    });
    expect(made.objection(await identityOf(made, BOTH), [call("logtail_read")])).toMatchObject({
      message: "`logtail_read` needs the scope `logs` or `admin`.",
    });
  });

  test("is made to one message among several", async () => {
    const logs = await identityOf(made, LOGS);
    expect(made.objection(logs, [call("search"), call("logtail_read")])).toBeUndefined();
    expect(made.objection(logs, [call("search"), call("cache_clear")])).toMatchObject({ status: 403 });
  });

  test("is made to a resource that no scope of the caller permits, however its address is written", async () => {
    const logs = await identityOf(made, LOGS);
    expect(made.objection(logs, [read("log:///app/a.log")])).toBeUndefined();
    for (const uri of ["log:///b.log", "log:///app/../b.log", "log:///app/%2e%2e/b.log", "search:///a.md"]) {
      expect(made.objection(logs, [read(uri)]), uri).toMatchObject({ status: 403 });
      expect(made.objection(logs, [read(uri, "resources/subscribe")]), uri).toMatchObject({ status: 403 });
    }
  });

  test("is not made to who may do everything, to tools that nobody may call, or to anything else", async () => {
    const owner = await identityOf(made, TOKEN);
    for (const message of [call("cache_clear"), call("batch"), read("search:///a.md")])
      expect(made.objection(owner, [message])).toBeUndefined();
    const none = await identityOf(made, BOTH);
    for (const message of [
      call("batch"),
      call(7),
      call("x", "tools/list"),
      call("x", "toString"),
      request("tools/call"),
      { jsonrpc: "2.0", id: 1, result: {} } as const,
    ])
      expect(made.objection(none, [message])).toBeUndefined();
    const plain = make({ tokens: [{ name: "a", token: LOGS }] });
    expect(plain.objection(await identityOf(plain, LOGS), [call("cache_clear")])).toBeUndefined();
  });
});

test("a wrong token gets the same answer however much of it is right", async () => {
  const made = make({ tokens: [{ name: "a", token: LOGS }] });
  const near = await challengeOf(made, `Bearer ${LOGS.slice(0, -1)}X`);
  expect(near).toEqual(await challengeOf(made, `Bearer ${"X".repeat(LOGS.length)}`));
});
