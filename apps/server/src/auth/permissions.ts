import { matcher } from "@plugboard/core";

/** Has a space, which no scope of a token can have: nobody is given it but the holder of the one token for everything. */
export const EVERYTHING = "every tool";

/** What stands under this name is permitted to every caller that is known. */
export const EVERYONE = "*";

/** What callers may use, by scope: names of tools and URIs of resources, in core's patterns. */
export class Permissions {
  readonly #scopes: ReadonlyMap<string, (name: string) => boolean>;

  constructor(scopes: Readonly<Record<string, readonly string[]>>) {
    this.#scopes = new Map(Object.entries(scopes).map(([scope, patterns]) => [scope, matcher(patterns)]));
  }

  /** The scopes that a token can have, as the settings order them. */
  get scopes(): string[] {
    return [...this.#scopes.keys()].filter((scope) => scope !== EVERYONE);
  }

  /** Whether a caller with these scopes may use what has this name. */
  permit(scopes: readonly string[], name: string): boolean {
    if (scopes.includes(EVERYTHING) || this.#scopes.get(EVERYONE)?.(name)) return true;
    return scopes.some((scope) => this.#scopes.get(scope)?.(name));
  }

  /** The scopes any of which permits this name. */
  permitting(name: string): string[] {
    return this.scopes.filter((scope) => this.#scopes.get(scope)?.(name));
  }
}
