import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANONYMOUS, LOCAL, principalOf } from "../src/principal.ts";

const auth = (token: string, extra?: Record<string, unknown>): object => ({
  token,
  clientId: "app",
  scopes: ["read"],
  extra,
});

describe("the principal", () => {
  it("is the issuer and subject of the token, whatever the token, the client and the session are", () => {
    const first = principalOf(auth("t1", { iss: "https://idp", sub: "ann" }), "s1", false);
    const rotated = principalOf(auth("t2", { iss: "https://idp", sub: "ann" }), "s2", false);
    expect(first).toEqual({ kind: "subject", id: rotated.id, scopes: ["read"] });
    expect(principalOf(auth("t1", { iss: "https://idp", sub: "bob" }), "s1", false).id).not.toBe(first.id);
    expect(principalOf(auth("t1", { iss: "https://other", sub: "ann" }), "s1", false).id).not.toBe(first.id);
  });

  it("is a hash of the token without a subject, never the client id", () => {
    const one = principalOf(auth("token-1"), undefined, false);
    expect(one.kind).toBe("token");
    expect(one.id).toBe(principalOf(auth("token-1"), "session", false).id);
    expect(one.id).not.toBe(principalOf(auth("token-2"), undefined, false).id);
    expect(one.id).not.toContain("token-1");
  });

  it("is the session, then local, then anonymous", () => {
    const session = principalOf(undefined, "session-1", false);
    expect(session.kind).toBe("session");
    expect(session.id).not.toContain("session-1");
    expect(principalOf(undefined, undefined, true)).toBe(LOCAL);
    expect(principalOf(undefined, undefined, false)).toBe(ANONYMOUS);
    expect(principalOf({ clientId: "app" } as object, undefined, false)).toBe(ANONYMOUS);
  });

  it("does not collide by joining or by kind, for any strings", () => {
    const word = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        fc.pre(a !== c || b !== d);
        const one = principalOf(auth("t", { iss: a, sub: b }), undefined, false).id;
        expect(principalOf(auth("t", { iss: c, sub: d }), undefined, false).id).not.toBe(one);
        expect(principalOf(auth(b), undefined, false).id).not.toBe(one);
        expect(principalOf(undefined, b, false).id).not.toBe(one);
      }),
    );
  });

  it.each([
    [{ token: 5 }],
    [{ token: "t", scopes: "all", extra: "x" }],
    [{ token: "t", extra: { sub: 7 } }],
    [{ token: "" }],
  ])("survives what a verifier should not hand down: %j", (odd) => {
    expect(principalOf(odd, undefined, false).scopes).toEqual([]);
  });
});
