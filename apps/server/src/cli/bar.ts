import type { Progress } from "@modelcontextprotocol/sdk/types.js";
import { harmless, type Output, styles } from "./output.ts";

const WIDTH = 24;
const MAX_MESSAGE = 40;
/** Moves the cursor to the start of the line and clears it. */
const CLEAR = "\r\u001B[K";

/** A line of progress on a terminal's stderr, drawn over itself; silent where nobody watches. */
export class Bar {
  readonly #output: Output;
  #shown = false;

  constructor(output: Output) {
    this.#output = output;
  }

  update({ progress, total, message = "" }: Progress): void {
    if (!this.#output.errIsTerminal) return;
    this.#shown = true;
    this.#output.err(CLEAR + line(progress, total, message, this.#output));
  }

  clear(): void {
    if (this.#shown) this.#output.err(CLEAR);
    this.#shown = false;
  }
}

function line(progress: number, total: number | undefined, message: string, output: Output): string {
  const { green, dim } = styles(output.errIsTerminal);
  const said = harmless(message).replace(/\s+/g, " ").trim();
  const text = said.length > MAX_MESSAGE ? `${said.slice(0, MAX_MESSAGE - 1)}…` : said;
  if (total === undefined || total <= 0) return `${progress} ${dim(text)}`;
  const part = Math.min(1, Math.max(0, progress / total));
  const full = Math.round(part * WIDTH);
  return `${green("█".repeat(full))}${dim("░".repeat(WIDTH - full))} ${String(Math.floor(part * 100)).padStart(3)} % ${dim(text)}`;
}
