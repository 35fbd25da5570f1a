import type { IncomingMessage } from "node:http";
import { ErrorCode } from "@modelcontextprotocol/sdk/types.js";
import type { HttpSettings } from "../config/http-settings.ts";
import { measure } from "./measure.ts";
import type { Refusal } from "./respond.ts";

/** What a body holds. */
export interface Body {
  readonly json: unknown;
}

export type BodyBounds = Pick<HttpSettings, "maxBodyBytes" | "maxBodyValues" | "maxBodyDepth">;

/** Reads a JSON body within its bounds. Of a larger one, no more than `maxBodyBytes` is kept, and it is never parsed. */
export async function readJson(req: IncomingMessage, bounds: BodyBounds): Promise<Body | Refusal> {
  const { maxBodyBytes, maxBodyValues, maxBodyDepth } = bounds;
  const type = req.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") return { status: 415, message: "The Content-Type must be application/json." };
  const encoding = req.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding !== "identity")
    return { status: 415, message: `The Content-Encoding ${encoding} is not supported: send the body as it is.` };

  const text = await readBytes(req, maxBodyBytes);
  if (!text) return { status: 413, message: `The body is larger than ${maxBodyBytes} bytes (\`http.maxBodyBytes\`).` };
  const { values, depth } = measure(text, bounds);
  if (depth > maxBodyDepth)
    return { status: 400, message: `The body is nested deeper than ${maxBodyDepth} levels (\`http.maxBodyDepth\`).` };
  if (values > maxBodyValues)
    return { status: 400, message: `The body has more than ${maxBodyValues} values (\`http.maxBodyValues\`).` };
  try {
    return { json: JSON.parse(text.toString("utf8")) };
  } catch {
    return { status: 400, code: ErrorCode.ParseError, message: "The body is not JSON." };
  }
}

/** The bytes of a body, or nothing where there are more than `max`. Rejects when the request breaks off. */
function readBytes(req: IncomingMessage, max: number): Promise<Buffer | undefined> {
  if (Number(req.headers["content-length"]) > max) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (done: () => void): void => {
      req.off("data", onData).off("end", onEnd).off("close", onClose);
      done();
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > max) return settle(() => resolve(undefined));
      chunks.push(chunk);
    };
    const onEnd = (): void =>
      settle(() => resolve(chunks[0] && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    const onClose = (): void => settle(() => reject(new Error("The request broke off.")));
    req
      .on("data", onData)
      .once("end", onEnd)
      .once("close", onClose)
      .on("error", () => undefined);
  });
}
