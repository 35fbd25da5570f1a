import { isLoopback } from "../http/address.ts";

const MAX_BYTES = 1_048_576;

/** A server answered, and not with a document. */
export class NoDocument extends Error {
  override readonly name = "NoDocument";
}

/** Whether what comes from there cannot be changed on its way: https, or this machine. */
export function isSafe(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

/**
 * Reads a JSON document of at most 1 MiB; no redirects.
 * @throws NoDocument when the server answers with something else; what `fetch` throws when it does not answer
 */
export async function fetchJson(url: URL, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal, redirect: "manual", headers: { Accept: "application/json" } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new NoDocument(`${url.href} answered with ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new NoDocument(`${url.href} has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new NoDocument(`${url.href} is not JSON`);
  }
}
