import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { EventLog } from "./events/types.ts";
import { Outlet } from "./outlet.ts";
import { eventId, replay, type StreamContext } from "./stream.ts";

/** How often the log is asked for what another instance has sent. */
const EVERY_MS = 250;
/** How often the other instance is told that its client is still there. */
const TELL_EVERY_MS = 5000;

/** The answer to a request whose instance has died. */
function lost(id: RequestId): string {
  const message =
    "The server's instance that ran this call ended before it was answered. Whether it did its work is not known: call again if that does no harm.";
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message } });
}

export interface Followed {
  readonly events: EventLog;
  readonly session: string;
  readonly stream: string;
  /** Of the event that the client saw last. */
  readonly place: number;
  /** Whether the client understands an event without a message. */
  readonly primes: boolean;
  /** Tells the instance that runs the calls of the stream that its client is there. */
  readonly tell: () => void;
  readonly signal: AbortSignal;
}

/**
 * Sends a client what another instance keeps of its stream, as it comes, until the stream is over. Where that instance has
 * died, its requests are answered with an error: otherwise their client would wait for them in vain.
 * @returns false where the events after the place are gone: nothing has been answered then
 */
export async function follow(res: ServerResponse, streams: StreamContext, followed: Followed): Promise<boolean> {
  const { events, session, stream, primes, tell, signal } = followed;
  let { place } = followed;
  let missed = await events.after(session, stream, place);
  if (!missed) return false;
  if (missed.finished && missed.events.length === 0) {
    res.writeHead(204).end();
    return true;
  }
  const outlet = new Outlet(res, streams);
  streams.exchanges.keepAlive(outlet, res);
  replay(outlet, stream, place, missed, primes);
  place = missed.events.at(-1)?.place ?? place;
  for (let toldAt = Number.NEGATIVE_INFINITY; !missed.finished && !res.closed && !signal.aborted;) {
    if (missed.orphans) await giveUp(events, session, stream, missed.orphans);
    else {
      if (streams.now() - toldAt >= TELL_EVERY_MS) {
        toldAt = streams.now();
        tell();
      }
      await delay(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
    const next = await events.after(session, stream, place).catch(() => undefined);
    // Gone, or the log cannot be reached: the client comes back and is told so.
    if (!next) break;
    missed = next;
    for (const event of missed.events) outlet.event(event.data, eventId(stream, (place = event.place)));
  }
  outlet.end();
  return true;
}

async function giveUp(events: EventLog, session: string, stream: string, orphans: readonly RequestId[]): Promise<void> {
  for (const id of orphans) await events.append(session, stream, lost(id));
  await events.finish(session, stream);
}
