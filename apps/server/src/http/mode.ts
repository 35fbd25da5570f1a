import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Permissions } from "../auth/permissions.ts";
import type { HttpSettings } from "../config/http-settings.ts";
import type { CreateServer } from "../serve/server.ts";
import type { Traffic } from "../serve/traffic.ts";
import type { Fleet } from "./fleet.ts";
import type { Caller } from "./messages.ts";
import type { StreamContext } from "./stream.ts";

/** What all connections of a server share. */
export interface ModeOptions {
  readonly create: CreateServer;
  readonly traffic: Traffic;
  readonly log: Logger;
  readonly settings: HttpSettings;
  readonly streams: StreamContext;
  /** What callers may use, by scope; without it, everything. */
  readonly permissions: Permissions | undefined;
  /** What is shared with other instances; none where this one is alone. */
  readonly fleet: Fleet | undefined;
}

/** What becomes of a request that may come in: it goes to a session, or to a server of its own. */
export interface Mode {
  /** The methods that the endpoint has. */
  readonly methods: readonly string[];
  /** Sessions, or requests that are being answered. */
  readonly size: number;
  handle(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void>;
  /** Ends what has been idle for too long. */
  expire(): void;
  /** Takes nothing new; clients that only listen are sent away. */
  stop(): void;
  /** Ends all. */
  close(): Promise<void>;
}
