const BASE = "/.well-known/oauth-protected-resource";

export interface Resource {
  /** The endpoint's address, as clients know it. */
  readonly url: string;
  readonly issuer: string;
  readonly scopes: readonly string[];
}

/** The metadata of a protected resource (RFC 9728), and where it stands. */
export class ResourceMetadata {
  /** Where clients find it: the resource's address with the well-known part put in before its path (section 3.1). */
  readonly url: string;
  readonly #paths: ReadonlySet<string>;
  readonly #document: object;

  /** @param path where the endpoint is in this server; a proxy in front may show it elsewhere */
  constructor({ url, issuer, scopes }: Resource, path: string) {
    const { origin, pathname } = new URL(url);
    const inserted = pathname === "/" ? "" : pathname;
    this.url = origin + BASE + inserted;
    this.#paths = new Set([BASE, BASE + path, BASE + inserted]);
    this.#document = {
      resource: url,
      authorization_servers: [issuer],
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      bearer_methods_supported: ["header"],
    };
  }

  at(path: string): object | undefined {
    return this.#paths.has(path) ? this.#document : undefined;
  }
}
