import type { Refusal } from "./refusal.ts";
import type { Standing } from "./store.ts";
import type { Claim } from "./ticket.ts";

/** Where results carry what is left; the same for every instance, whatever its name. */
export const RATELIMIT_META = "dev.plugboard/ratelimit";

/** What results say of a limit, under `RATELIMIT_META`. */
export interface RatelimitMeta {
  /** The rule of which the least is left, or that refused the call. */
  readonly rule?: string;
  /** Its `limit`, `budget` or `concurrency`. */
  readonly limit?: number;
  /** What can be taken now. */
  readonly remaining?: number;
  /** Milliseconds until everything is there again, if nobody takes any; not for concurrency. */
  readonly resetMs?: number;
  /** Of a refused call: milliseconds until it would run, if nobody takes any before; not where it never would. */
  readonly retryAfterMs?: number;
  /** Whether `retryAfterMs` is a guess, since calls that run have to end. */
  readonly estimated?: true;
}

const STORE_RETRY_MS = 5000;

/** How a claim stands now; undefined where nobody can say. */
type StandingOf = (claim: Claim) => Standing | undefined;

export function metaOfRefusal(
  { claim, reason, isFull, waitUs, isGuess }: Refusal,
  standingOf: StandingOf,
): RatelimitMeta {
  return {
    ...(claim &&
      (isFull
        ? { rule: claim.rule.name, limit: claim.rule.concurrency, remaining: 0 }
        : metaOf(claim, standingOf(claim)))),
    ...(reason === "store" && { retryAfterMs: STORE_RETRY_MS, estimated: true }),
    ...(waitUs !== undefined && { retryAfterMs: inMs(waitUs) }),
    ...(isGuess && { estimated: true }),
  };
}

/** Of the rules that a call was admitted by, the one of which the least is left; slots only where there is no other limit. */
export function metaOfClaims(claims: readonly Claim[], standingOf: StandingOf): RatelimitMeta | undefined {
  let least: { claim: Claim; standing: Standing; share: number } | undefined;
  for (const claim of claims) {
    const { quota, concurrency } = claim.rule;
    if (!quota && least?.claim.rule.quota) continue;
    const standing = standingOf(claim);
    if (!standing) continue;
    const share = standing.left / (quota?.most ?? concurrency);
    const isFirst = !least || (quota !== undefined && !least.claim.rule.quota);
    if (isFirst || share < (least?.share ?? 0)) least = { claim, standing, share };
  }
  return least && metaOf(least.claim, least.standing);
}

function metaOf({ rule }: Claim, standing: Standing | undefined): RatelimitMeta {
  const limit = rule.quota?.limit ?? rule.concurrency;
  if (!standing) return { rule: rule.name, limit };
  const { left: remaining, resetUs } = standing;
  if (resetUs === undefined) return { rule: rule.name, limit, remaining };
  return { rule: rule.name, limit, remaining, resetMs: inMs(resetUs) };
}

const inMs = (us: number): number => Math.ceil(us / 1000);
