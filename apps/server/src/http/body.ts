import type { IncomingMessage } from "node:http";

/** The body of a request, or the status and the sentence to refuse it with. */
export type Body = { readonly json: unknown } | { readonly status: 400 | 413 | 415; readonly problem: string };

/** Reads a JSON body of at most `maxBytes`; of a larger one, no more than that is kept. */
export async function readJson(req: IncomingMessage, maxBytes: number): Promise<Body> {
  const type = req.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") return { status: 415, problem: "The Content-Type must be application/json." };
  const encoding = req.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding !== "identity")
    return { status: 415, problem: `The Content-Encoding ${encoding} is not supported: send the body as it is.` };

  const tooLarge = { status: 413, problem: `The body is larger than ${maxBytes} bytes.` } as const;
  if (Number(req.headers["content-length"]) > maxBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return tooLarge;
    chunks.push(chunk);
  }
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
  } catch {
    return { status: 400, problem: "The body is not JSON." };
  }
}
