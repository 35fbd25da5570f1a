import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt, exportSPKI, type JWTPayload } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import { createAuthenticator } from "../src/auth/authenticator.ts";
import type { Challenge, Identity } from "../src/auth/types.ts";
import { authSettings } from "../src/config/auth-settings.ts";
import { createLog } from "../src/serve/log.ts";
import { AuthorizationServer, CLIENT, mint, type SigningKey, signingKey } from "./auth/authorization-server.ts";

const RESOURCE = "http://127.0.0.1:3333/mcp";
const METADATA = "/.well-known/oauth-authorization-server";

let key: SigningKey;
let other: SigningKey;
let server: AuthorizationServer;

beforeAll(async () => {
  [key, other] = await Promise.all([signingKey("one"), signingKey("two")]);
});
beforeEach(async () => {
  server = await AuthorizationServer.start([key]);
});
afterEach(async () => {
  vi.useRealTimers();
  await server[Symbol.asyncDispose]();
});

type OAuthInput = Partial<NonNullable<z.input<typeof authSettings>["oauth"]>>;

function authenticator(oauth: OAuthInput = {}, more: z.input<typeof authSettings> = {}) {
  const logged: string[] = [];
  const clock = { now: 0 };
  const log = createLog("debug", { write: (line) => logged.push(line) });
  const settings = authSettings.parse({ ...more, oauth: { issuer: server.issuer, ...oauth } });
  const made = createAuthenticator(settings, { url: RESOURCE }, log, { now: () => clock.now });
  return {
    ...made,
    logged,
    clock,
    async show(token: string): Promise<Identity | Challenge> {
      const outcome = await made.authenticate(`Bearer ${token}`);
      return "identity" in outcome ? outcome.identity : outcome.challenge;
    },
  };
}

const claims = (more: { readonly [claim: string]: unknown } = {}): JWTPayload => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: server.issuer,
    aud: RESOURCE,
    sub: "ada",
    scope: "mcp",
    iat: now,
    exp: now + 300,
    ...more,
  } as JWTPayload;
};

test("a token that the server issued for this resource is accepted, and nothing of it is kept", async () => {
  const token = await server.token(RESOURCE, "mcp echo");
  const { exp, sub } = decodeJwt(token);
  const { show, logged } = authenticator();
  const identity = (await show(token)) as Identity;
  expect(identity.auth).toMatchObject({
    clientId: CLIENT.id,
    scopes: ["mcp", "echo"],
    expiresAt: exp,
    resource: new URL(RESOURCE),
    extra: { iss: server.issuer, sub },
  });
  expect(JSON.stringify(identity) + logged.join()).not.toContain(token.slice(0, 40));
  expect(identity.auth.token).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test("the same caller has the same key whatever its token, another caller or issuer another one", async () => {
  const { show } = authenticator();
  const keyOf = async (more: Record<string, unknown>): Promise<string> =>
    ((await show(await mint({ key, claims: claims(more) }))) as Identity).key;
  const ada = await keyOf({});
  expect(await keyOf({ jti: "2", client_id: "another-app" })).toBe(ada);
  expect(await keyOf({ sub: "bob" })).not.toBe(ada);
});

describe("refused with 401", () => {
  const cases: Record<string, () => Promise<string>> = {
    "another audience than this server": () => server.token("https://other.example.com/mcp"),
    "It has expired": () => mint({ key, claims: claims({ exp: Math.floor(Date.now() / 1000) - 6 }) }),
    "It is not valid yet": () => mint({ key, claims: claims({ nbf: Math.floor(Date.now() / 1000) + 10 }) }),
    "It is of another issuer": () => mint({ key, claims: claims({ iss: "https://evil.example.com" }) }),
    "It does not say when it expires": () => mint({ key, claims: claims({ exp: undefined }) }),
    "It names no subject": () => mint({ key, claims: claims({ sub: undefined }) }),
    "no access token, as its type says": () => mint({ key, claims: claims(), header: { typ: "logout+jwt" } }),
    "bound to a key of its holder": () => mint({ key, claims: claims({ cnf: { jkt: "x" } }) }),
    "Its issuer has no such key": () => mint({ key: other, claims: claims() }),
    "Its signature does not fit": () => mint({ key: other, claims: claims(), header: { kid: "one" } }),
    "an algorithm that is not accepted (none)": async () =>
      `${part({ alg: "none", typ: "at+jwt" })}.${part(claims())}.`,
    // The public key as the secret of an HMAC: what a library that trusts `alg` would accept.
    "an algorithm that is not accepted (HMAC)": async () => {
      const signed = `${part({ alg: "HS256", kid: "one", typ: "at+jwt" })}.${part(claims())}`;
      return `${signed}.${createHmac("sha256", await exportSPKI(key.publicKey))
        .update(signed)
        .digest("base64url")}`;
    },
    "It is no JSON Web Token": async () => "an-opaque-token",
  };
  test.each(Object.entries(cases))("%s", async (why, token) => {
    const { show } = authenticator();
    const { status, headers } = (await show(await token())) as Challenge;
    expect(status).toBe(401);
    expect(headers["WWW-Authenticate"]).toContain('error="invalid_token"');
    expect(headers["WWW-Authenticate"]).toContain(why.replace(/ \(.*/, ""));
  });

  test("a token that was changed", async () => {
    const token = await server.token(RESOURCE, "mcp");
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const forged = part({ ...decodeJwt(token), scope: "mcp echo count" });
    const { show } = authenticator();
    await expect(show(`${header}.${forged}.${signature}`)).resolves.toMatchObject({ status: 401 });
    await expect(show(`${header}.${payload}.${signature}`)).resolves.toMatchObject({ name: CLIENT.id });
  });
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

test("clocks may be apart as far as the settings say", async () => {
  const token = await mint({ key, claims: claims({ exp: Math.floor(Date.now() / 1000) - 30 }) });
  expect(await authenticator().show(token)).toMatchObject({ status: 401 });
  expect(await authenticator({ clockToleranceMs: 60_000 }).show(token)).toMatchObject({ name: "ada" });
});

test("scopes are read from a string or a list, of either claim, and none can have a space", async () => {
  const { show } = authenticator();
  const scopesOf = async (more: Record<string, unknown>): Promise<readonly string[]> =>
    ((await show(await mint({ key, claims: claims({ scope: undefined, ...more }) }))) as Identity).auth.scopes;
  expect(await scopesOf({ scope: "a b" })).toEqual(["a", "b"]);
  expect(await scopesOf({ scp: "a b" })).toEqual(["a", "b"]);
  expect(await scopesOf({ scp: ["a", "b", "every tool", 7] })).toEqual(["a", "b"]);
  expect(await scopesOf({ scope: ["a", "every tool"] })).toEqual(["a"]);
  expect(await scopesOf({})).toEqual([]);
});

test("a token without a required scope gets 403, with the scopes to ask for", async () => {
  const { show } = authenticator({ requiredScopes: ["mcp"] }, { scopes: { echo: ["lab_echo"] } });
  const answer = (await show(await server.token(RESOURCE, "echo"))) as Challenge;
  expect(answer.status).toBe(403);
  expect(answer.headers["WWW-Authenticate"]).toContain('error="insufficient_scope"');
  expect(answer.headers["WWW-Authenticate"]).toContain('scope="echo mcp"');
  expect(await show(await server.token(RESOURCE, "mcp"))).toHaveProperty("key");
});

test("an audience of its own replaces the resource", async () => {
  const { show } = authenticator({ audience: "plugboard" });
  expect(await show(await mint({ key, claims: claims({ aud: ["x", "plugboard"] }) }))).toHaveProperty("key");
  expect(await show(await server.token(RESOURCE))).toMatchObject({ status: 401 });
});

describe("the authorization server", () => {
  test("is asked for nothing until a token comes, then once for all of them", async () => {
    const { show } = authenticator();
    const tokens = await Promise.all([1, 2, 3].map((jti) => mint({ key, claims: claims({ jti: String(jti) }) })));
    expect(server.asked).toEqual([]);
    await Promise.all(tokens.map(show));
    await Promise.all(tokens.map(show));
    expect(server.asked).toEqual([METADATA, "/jwks"]);
  });

  test("is found by OpenID Connect Discovery where it has no OAuth metadata, and not at all where `jwksUrl` says it", async () => {
    server.hidden.add(METADATA);
    const token = await mint({ key, claims: claims() });
    expect(await authenticator().show(token)).toHaveProperty("key");
    expect(server.asked).toEqual([METADATA, "/.well-known/openid-configuration", "/jwks"]);
    server.asked.length = 0;
    expect(await authenticator({ jwksUrl: `${server.issuer}/jwks` }).show(token)).toHaveProperty("key");
    expect(server.asked).toEqual(["/jwks"]);
  });

  test("has its metadata before and behind its path, where it has one", async () => {
    const issuer = `${server.issuer}/tenant`;
    const { show } = authenticator({ issuer });
    expect(await show(await mint({ key, claims: claims({ iss: issuer }) }))).toMatchObject({ status: 503 });
    expect(server.asked).toEqual([
      `${METADATA}/tenant`,
      "/.well-known/openid-configuration/tenant",
      "/tenant/.well-known/openid-configuration",
    ]);
  });

  test("has to be the one that its metadata names", async () => {
    const issuer = server.issuer.replace("127.0.0.1", "localhost");
    const { show, logged } = authenticator({ issuer });
    expect(await show(await mint({ key, claims: claims({ iss: issuer }) }))).toMatchObject({ status: 503 });
    expect(logged.join()).toContain(`is about the issuer ${server.issuer}`);
  });

  test("may change its keys: the new ones count within 10 s, and what the old ones signed a minute longer", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { show, clock } = authenticator();
    const old = await server.token(RESOURCE);
    expect(await show(old)).toHaveProperty("key");
    server.useKeys([other]);
    const fresh = await server.token(RESOURCE);
    // Whoever sends tokens of made-up keys does not make this server ask each time.
    expect(await show(fresh)).toMatchObject({ status: 401 });
    expect(server.asked.filter((path) => path === "/jwks")).toHaveLength(1);
    vi.advanceTimersByTime(10_000);
    clock.now += 10_000;
    expect(await show(fresh)).toHaveProperty("key");
    expect(await show(old)).toHaveProperty("key");
    clock.now += 51_000;
    expect(await show(old)).toMatchObject({ status: 401 });
  });

  test("may be away: 503 for tokens that nobody has checked, never 401, and it is asked again later", async () => {
    const { show, clock, logged } = authenticator();
    const [known, unknown] = [await server.token(RESOURCE), await mint({ key, claims: claims() })];
    await server.stop();
    const away = (await show(known)) as Challenge;
    expect(away).toMatchObject({ status: 503, headers: { "Retry-After": "1" } });
    expect(away.headers).not.toHaveProperty("WWW-Authenticate");
    await server.restart();
    const before = server.asked.length;
    expect(await show(known)).toMatchObject({ status: 503 });
    expect(server.asked).toHaveLength(before);
    clock.now += 1000;
    expect(await show(known)).toMatchObject({ name: CLIENT.id });
    // The keys are here now.
    await server.stop();
    expect(await show(unknown)).toMatchObject({ name: "ada" });
    expect(logged.filter((line) => line.includes("cannot be read"))).toHaveLength(1);
  });

  test("is asked ever less often while it is away, at least every 30 s", async () => {
    const { show, clock } = authenticator();
    const token = await mint({ key, claims: claims() });
    await server.stop();
    const pauses: string[] = [];
    for (let i = 0; i < 7; i++) {
      const { headers } = (await show(token)) as Challenge;
      pauses.push(String(headers["Retry-After"]));
      clock.now += 30_000;
    }
    expect(pauses).toEqual(["1", "2", "4", "8", "16", "30", "30"]);
  });
});

describe("a hostile or broken answer", () => {
  test.each([
    ["more than 1 MiB", (res: ServerResponse, keys: string) => void res.end(keys + " ".repeat(1_048_577))],
    ["not JSON", (res: ServerResponse) => void res.end("<html>")],
    ["a redirect", (res: ServerResponse) => void res.writeHead(302, { Location: `${server.issuer}/jwks` }).end()],
    ["an error", (res: ServerResponse, keys: string) => void res.writeHead(500).end(keys)],
    ["no key set", (res: ServerResponse) => void res.end('{"keys": "many"}')],
  ])("%s is 503", async (_, answer) => {
    const keys = await (await fetch(`${server.issuer}/jwks`)).text();
    const bad = createServer((_req, res) => answer(res, keys)).listen(0, "127.0.0.1");
    await once(bad, "listening");
    const { port } = bad.address() as AddressInfo;
    try {
      const { show } = authenticator({ jwksUrl: `http://127.0.0.1:${port}/keys` });
      expect(await show(await mint({ key, claims: claims() }))).toMatchObject({ status: 503 });
    } finally {
      bad.closeAllConnections();
      bad.close();
    }
  });

  test.each([
    ["https://issuer.example.com?x=1", undefined, "no query"],
    ["http://issuer.example.com", undefined, "is not https"],
    ["https://issuer.example.com", "http://issuer.example.com/keys", "jwksUrl"],
  ])("the issuer %s with the keys at %s is a mistake", (issuer, jwksUrl, why) => {
    expect(() => authenticator({ issuer, ...(jwksUrl !== undefined && { jwksUrl }) })).toThrow(why);
  });
});

test("a verified token is trusted until it expires, at most a minute", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { show, clock } = authenticator();
  const short = await mint({ key, claims: claims({ exp: Math.floor(Date.now() / 1000) + 10 }) });
  const long = await mint({ key, claims: claims() });
  const first = await show(short);
  expect(await show(short)).toBe(first);
  const trusted = await show(long);
  vi.advanceTimersByTime(16_000);
  clock.now += 16_000;
  expect(await show(short)).toMatchObject({ status: 401 });
  expect(await show(long)).toBe(trusted);
  clock.now += 45_000;
  expect(await show(long)).not.toBe(trusted);
});
