import type { HttpSettings } from "../config/http-settings.ts";
import { inUrl, isWildcard } from "./address.ts";

const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Which `Host` and `Origin` a request may have: the protection against DNS rebinding and against other sites' pages. */
export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #anyPort: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  /** @param port the port that the server listens on */
  constructor(
    settings: Pick<HttpSettings, "host" | "allowedHosts" | "allowedOrigins"> & {
      readonly publicUrl?: string | undefined;
    },
    port: number,
  ) {
    const { host, allowedHosts, allowedOrigins, publicUrl } = settings;
    const names = ["localhost", "127.0.0.1", "[::1]"];
    // Browsers take 0.0.0.0 to this machine.
    if (!isWildcard(host)) names.push(inUrl(host.toLowerCase()));
    const own = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
    // A proxy hands on the name that clients use.
    const known = publicUrl === undefined ? allowedHosts : [...allowedHosts, new URL(publicUrl).host];
    const allowed = known.map((name) => name.toLowerCase());
    const hasPort = (name: string): boolean => /^(?:\[[^\]]*\]|[^:]*):\d+$/.test(name);
    this.#hosts = new Set([...own, ...allowed.filter(hasPort)]);
    this.#anyPort = new Set(allowed.filter((name) => !hasPort(name)).map(inUrl));
    this.#origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
  }

  allowsHost(header: string | undefined): boolean {
    if (header === undefined) return false;
    const host = header.toLowerCase();
    return this.#hosts.has(host) || this.#anyPort.has(host.replace(/:\d+$/, ""));
  }

  /** Without an `Origin` it is no web page that asks. */
  allowsOrigin(header: string | undefined): boolean {
    return header === undefined || LOOPBACK_ORIGIN.test(header) || this.#origins.has(header.toLowerCase());
  }
}
