import type { IncomingMessage } from "node:http";
import {
  DEFAULT_NEGOTIATED_PROTOCOL_VERSION,
  ErrorCode,
  InitializeRequestSchema,
  isJSONRPCRequest,
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  type JSONRPCRequest,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/sdk/types.js";
import type { Authenticator, Identity } from "../auth/types.ts";
import { type BodyBounds, readJson } from "./body.ts";
import type { Refusal } from "./respond.ts";

/** The revision that has events without a message, with which a client can come back from the start of a stream. */
const PRIMING_SINCE = "2025-11-25";
/** The only revision in which a body may be an array of messages. */
const BATCHING = "2025-03-26";
/** Most messages in such an array. */
const MAX_BATCH = 100;
/** Most mistakes in the parameters of a request that an answer names. */
const MAX_NAMED = 5;

/** What a client has posted. */
export interface Posted {
  readonly messages: readonly JSONRPCMessage[];
  /** It is the one message that starts a session. */
  readonly initialize: boolean;
  /** Whether the client understands an event without a message. */
  readonly primes: boolean;
}

/** Who calls, as far as the server wants to know. */
export interface Caller {
  readonly identity: Identity | undefined;
  readonly authenticator: Authenticator | undefined;
}

/** The protocol revision of a request; without the header it is the one that had none (specification, "Transports"). */
export function protocolVersion({ headers }: IncomingMessage): string {
  const { "mcp-protocol-version": version } = headers;
  return version === undefined ? DEFAULT_NEGOTIATED_PROTOCOL_VERSION : String(version);
}

/** Why a request with this protocol revision is refused. */
export function versionRefusal(version: string): Refusal | undefined {
  if (SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return undefined;
  const known = SUPPORTED_PROTOCOL_VERSIONS.join(", ");
  return { status: 400, message: `The Mcp-Protocol-Version is not supported: this server knows ${known}.` };
}

export function understandsPriming(version: string): boolean {
  return version >= PRIMING_SINCE;
}

/** Why a client that accepts only this cannot be answered. */
export function acceptRefusal({ headers }: IncomingMessage, types: readonly string[]): Refusal | undefined {
  const accepted = (headers.accept ?? "").split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  if (accepted.includes("*/*") || types.every((type) => accepted.includes(type))) return undefined;
  return { status: 406, message: `The Accept header must have ${types.join(" and ")}.` };
}

/** Reads what a client posts, and checks all that can be said of it without a session. */
export async function readPosted(req: IncomingMessage, bounds: BodyBounds, caller: Caller): Promise<Posted | Refusal> {
  const unacceptable = acceptRefusal(req, ["application/json", "text/event-stream"]);
  if (unacceptable) return unacceptable;
  const body = await readJson(req, bounds);
  if ("status" in body) return body;
  const batch = Array.isArray(body.json);
  const parts = (batch ? body.json : [body.json]) as unknown[];
  if (parts.length > MAX_BATCH)
    return { status: 400, message: `The body has more than ${MAX_BATCH} messages: send each in a request of its own.` };

  const messages: JSONRPCMessage[] = [];
  for (const part of parts) {
    const parsed = JSONRPCMessageSchema.safeParse(part);
    if (!parsed.success) return { status: 400, message: "The body is not a JSON-RPC message." };
    messages.push(parsed.data);
  }
  const first = messages[0];
  if (!first) return { status: 400, message: "The body has no message." };
  const objection = caller.identity && caller.authenticator?.objection(caller.identity, messages);
  if (objection) return objection;
  const initialize = messages.filter(isJSONRPCRequest).find(({ method }) => method === "initialize");
  if (initialize) {
    if (batch)
      return { status: 400, message: "An initialize request stands alone: send it without an array around it." };
    return started(initialize);
  }
  const version = protocolVersion(req);
  const unsupported = versionRefusal(version);
  if (unsupported) return unsupported;
  if (batch && version !== BATCHING)
    return {
      status: 400,
      message: `Protocol ${version} has no arrays of messages: send each in a request of its own.`,
    };
  return { messages, initialize: false, primes: understandsPriming(version) };
}

/** A session starts with what the client is and speaks: without that there is none. */
function started(request: JSONRPCRequest): Posted | Refusal {
  const { success, data, error } = InitializeRequestSchema.safeParse(request);
  if (success)
    return { messages: [request], initialize: true, primes: understandsPriming(data.params.protocolVersion) };
  const wrong = error.issues.slice(0, MAX_NAMED).map(({ path, message }) => `\`${path.join(".")}\`: ${message}`);
  return {
    status: 400,
    code: ErrorCode.InvalidParams,
    id: request.id,
    message: `This initialize request starts no session. ${wrong.join("; ")}.`,
  };
}
