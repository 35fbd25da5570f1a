import { NUMBERS_IN, NUMBERS_OUT } from "./lua.ts";
import type { Claim } from "./ticket.ts";

/** What Redis has said of a claim. Times are microseconds of this process. */
export interface Answer {
  /** When there is room for it, if nobody else takes any. */
  readonly roomAt: number;
  readonly isFull: boolean;
  readonly left: number;
  readonly resetAt: number | undefined;
  readonly cost: number;
}

/** What `TAKE` needs to know of a claim. */
export function numbersOf({ rule, cost }: Claim): number[] {
  const concurrency = rule.concurrency < Infinity ? rule.concurrency : 0;
  return [cost, concurrency, ...(rule.quota?.numbers ?? Array.from({ length: NUMBERS_IN - 2 }, () => 0))];
}

/**
 * Reads the reply of `TAKE` into `claims`.
 * @throws Error when it is not one
 */
export function readReply(
  reply: unknown,
  claims: readonly Claim[],
  now: number,
): { readonly fits: boolean; readonly answers: Answer[] } {
  const isReply =
    Array.isArray(reply) && reply.length === 1 + claims.length * NUMBERS_OUT && reply.every(Number.isSafeInteger);
  if (!isReply) throw new Error("this is not an answer to what it was asked");
  const [fits, ...numbers] = reply as [number, ...number[]];
  const answers = claims.map((claim, index) => {
    const own = numbers.slice(index * NUMBERS_OUT, (index + 1) * NUMBERS_OUT) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const [wait, full, left, reset, debt, at, returned] = own;
    if (fits === 1) Object.assign(claim, { debtAfter: debt, takenAt: at, returnedBefore: returned });
    return {
      roomAt: now + wait,
      isFull: full === 1,
      left: Math.max(0, left),
      resetAt: reset < 0 ? undefined : now + reset,
      cost: claim.cost,
    };
  });
  return { fits: fits === 1, answers };
}
