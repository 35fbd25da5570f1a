import { type Call, isToolResult, type Middleware, toolError, type ToolResult, withMeta } from "@plugboard/core";
import type { Caller } from "./key.ts";
import { type Holder, Lending } from "./lending.ts";
import type { Limiter } from "./limiter.ts";
import type { Refusal } from "./refusal.ts";
import { metaOfClaims, metaOfRefusal, RATELIMIT_META } from "./meta.ts";
import type { Standing } from "./store.ts";
import type { Claim, Ticket } from "./ticket.ts";
import type { Wish } from "./waiter.ts";
import { refusalText, waitingText } from "./wording.ts";

/** Puts `limiter` around tool calls. */
export function layerOf(limiter: Limiter, callerOf: (call: Call) => Caller): Middleware {
  const standingOf = (claim: Claim): Standing | undefined => limiter.standing(claim);
  const lending = new Lending((ticket) => limiter.retake(ticket));

  return function ratelimit(call, next) {
    const ticket = limiter.ticket(call.tool, call.args, callerOf(call));
    const above = call.parent && lending.above(call);
    if (ticket.claims.length === 0 && !above) return next();
    const entered = limiter.enter(ticket, wishOf(call), above?.lend());
    if (!(entered instanceof Promise)) return proceed(call, next, ticket, above, entered);
    return entered.then((refusal) => proceed(call, next, ticket, above, refusal));
  };

  /** A copy of an ordinary result that says what is left. */
  function withRest(result: ToolResult, { claims }: Ticket): ToolResult {
    const meta = isToolResult(result) ? metaOfClaims(claims, standingOf) : undefined;
    return meta ? withMeta(result, RATELIMIT_META, meta) : result;
  }

  function proceed(
    call: Call,
    next: () => Promise<ToolResult>,
    ticket: Ticket,
    above: Holder | undefined,
    refusal: Refusal | undefined,
  ): Promise<ToolResult> {
    if (refusal) {
      above?.takeBack();
      return refused(call, refusal, standingOf);
    }
    const wasAborted = call.signal.aborted;
    lending.open(call.id, ticket);
    const below = next();

    const end = (ran: boolean): void => {
      const { running } = call;
      if (!ran) limiter.giveBack(ticket);
      above?.takeBack();
      const release = (): void => {
        lending.close(call.id);
        limiter.release(ticket);
      };
      // What an inner layer has answered for may still run.
      if (running) void running.then(release);
      else release();
    };
    return below.then(
      (result) => {
        // An error without a tool is a refusal of an inner layer, a success is an answer that it had.
        const ran = call.returned !== undefined || call.running !== undefined || result.isError !== true;
        end(ran);
        return ran || !hasMeta(result) ? withRest(result, ticket) : result;
      },
      (error: unknown) => {
        end(!wasAborted);
        throw error;
      },
    );
  }
}

function wishOf(call: Call): Wish {
  if (call.meta["progressToken"] === undefined) return { signal: call.signal, tell: undefined };
  let progress = 0;
  const tell = (place: number, waitUs: number): void => {
    void call.report({ progress, message: waitingText(place, waitUs) });
    // The tool's own progress begins where it likes, and has to rise.
    progress += 1e-6;
  };
  return { signal: call.signal, tell };
}

function refused(
  { tool, signal }: Call,
  refusal: Refusal,
  standingOf: (claim: Claim) => Standing | undefined,
): Promise<ToolResult> {
  if (refusal.reason === "left") {
    const reason: unknown = signal.reason;
    return Promise.reject(
      reason instanceof Error ? reason : new DOMException("The call was cancelled while it waited.", "AbortError"),
    );
  }
  const meta = metaOfRefusal(refusal, standingOf);
  return Promise.resolve(toolError(refusalText(tool, refusal, meta.remaining ?? 0), { [RATELIMIT_META]: meta }));
}

/** Whether an inner instance has refused the call, and says so. */
const hasMeta = ({ _meta }: ToolResult): boolean => _meta?.[RATELIMIT_META] !== undefined;
