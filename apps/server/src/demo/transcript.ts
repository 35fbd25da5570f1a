import type { Client } from "@modelcontextprotocol/sdk/client/index.js";

/** What a call yields, as far as a transcript shows it. */
export interface Outcome {
  readonly isError: boolean;
  /** The text blocks, joined. */
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  /** What plugins say of it, each under its own key. */
  readonly meta: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

/** Progress as a client gets it. */
export interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

const BAR = 20;

/** Writes what happens between a client and the server, for people to read. */
export class Transcript {
  readonly #out: (text: string) => void;
  #running = 0;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** A new part. */
  title(text: string): void {
    this.#out(`\n${text}\n${"─".repeat(Math.min(text.length, 100))}\n`);
  }

  /** Progress as a bar, a line each time. */
  bar({ progress, total = 0, message = "" }: Progress): void {
    const filled = total > 0 ? Math.round((BAR * progress) / total) : 0;
    this.say(`  ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${message}`);
  }

  say(text = ""): void {
    this.#out(`${text}\n`);
  }

  /** Calls a tool and shows the call and how long it took; what came back is for the caller to show. */
  async call(
    client: Client,
    name: string,
    args: Record<string, unknown> = {},
    onprogress?: (progress: Progress) => void,
  ): Promise<Outcome> {
    this.say(`→ ${name} ${short(JSON.stringify(args), 200)}`);
    const started = performance.now();
    const options = onprogress ? { onprogress } : {};
    this.#running += 1;
    const result = await client.callTool({ name, arguments: args }, undefined, options);
    // Where several calls run side by side, each answer says whose it is.
    const whose = this.#running > 1 ? ` for ${short(JSON.stringify(args), 60)}` : "";
    this.#running -= 1;
    const { isError = false, content, structuredContent, _meta = {} } = result;
    const text = (content as { type: string; text?: string }[]).flatMap((block) => block.text ?? []).join("\n");
    const ms = (performance.now() - started).toFixed(1);
    this.say(`← ${isError ? "an error" : `${text.length.toLocaleString("en")} characters`} in ${ms} ms${whose}`);
    return {
      isError: isError === true,
      text,
      data: structuredContent as Outcome["data"],
      meta: _meta as Outcome["meta"],
    };
  }

  /** A quotation, cut to a few lines. */
  quote(text: string, maxLines = 6): void {
    const lines = text
      .trim()
      .split("\n")
      .filter((line) => line.trim() !== "");
    for (const line of lines.slice(0, maxLines)) this.say(`  │ ${line.length > 110 ? `${line.slice(0, 109)}…` : line}`);
    if (lines.length > maxLines) this.say(`  │ … ${lines.length - maxLines} more lines`);
  }
}

function short(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
