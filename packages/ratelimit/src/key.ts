import type { Scope } from "./options.ts";

/** Who calls, as far as keys need it. */
export interface Caller {
  /** The principal, opaque. */
  readonly owner: string;
  readonly sessionId: string | undefined;
  /** The server that is called: servers of different names share nothing in a shared store. */
  readonly server: string;
}

/**
 * Makes the keys of a rule, without the tool. A part that is not the last carries its length, so that it does not run into the
 * next. A call without a session counts for its principal, which no session id is taken for.
 */
export function keyFor(scopes: readonly Scope[]): (caller: Caller) => string {
  const byPrincipal = scopes.includes("principal");
  if (!scopes.includes("session")) return byPrincipal ? ({ owner }) => owner : () => "";
  const session = ({ owner, sessionId }: Caller): string => (sessionId === undefined ? owner : `$${sessionId}`);
  if (!byPrincipal) return session;
  return (caller) => `${caller.owner.length}:${caller.owner}${session(caller)}`;
}
