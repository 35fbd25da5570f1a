import type { webcrypto } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import Provider from "oidc-provider";

/** A key of an authorization server. */
export interface SigningKey {
  readonly kid: string;
  readonly privateJwk: JWK;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
}

export async function signingKey(kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  return {
    kid,
    privateKey,
    publicKey,
    privateJwk: { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" },
  };
}

export const CLIENT = { id: "app", secret: "an-app-secret-of-some-length" };

/** A real authorization server on a free port of the loopback interface. */
export class AuthorizationServer implements AsyncDisposable {
  readonly port: number;
  /** Which paths were asked for. */
  readonly asked: string[] = [];
  /** Paths that answer 404 as if they were not there. */
  readonly hidden = new Set<string>();
  #server: Server;
  #answer: (req: IncomingMessage, res: ServerResponse) => Promise<void> | undefined = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(keys: readonly SigningKey[]): Promise<AuthorizationServer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const it = new AuthorizationServer(server);
    it.#listen();
    it.useKeys(keys);
    return it;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on it signs with the first of these keys. */
  useKeys(keys: readonly SigningKey[]): void {
    const provider = new Provider(this.issuer, {
      jwks: { keys: keys.map(({ privateJwk }) => privateJwk) } as never,
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ["client_credentials"],
          redirect_uris: [],
          response_types: [],
        },
      ],
      scopes: ["mcp", "echo", "count"],
      ttl: { ClientCredentials: 600 },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, resource) => ({
            scope: "mcp echo count",
            audience: resource,
            accessTokenTTL: 600,
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: "RS256" } },
          }),
        },
      },
    });
    this.#answer = provider.callback();
  }

  /** An access token as an app gets it: RFC 6749, section 4.4, with the resource that it is for (RFC 8707). */
  async token(resource: string, scope = "mcp"): Promise<string> {
    const response = await fetch(`${this.issuer}/token`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` },
      body: new URLSearchParams({ grant_type: "client_credentials", resource, scope }),
    });
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(`no token: ${JSON.stringify(answer)}`);
    return answer.access_token;
  }

  /** At once, as a crash does. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** After `stop`: on the same port. */
  async restart(): Promise<void> {
    this.#server = createServer().listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#listen();
  }

  #listen(): void {
    this.#server.on("request", (req, res) => {
      this.asked.push(req.url ?? "");
      if (this.hidden.has(req.url ?? "")) res.writeHead(404).end();
      else void this.#answer(req, res);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }
}

export interface Minting {
  readonly key: SigningKey;
  readonly claims: JWTPayload;
  readonly header?: { readonly typ?: string; readonly kid?: string };
}

/** A token that no server would issue, signed with a key of the server's. */
export function mint({ key, claims, header = {} }: Minting): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid: key.kid, typ: "at+jwt", ...header })
    .sign(key.privateKey);
}
