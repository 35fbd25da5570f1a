import { styleText } from "node:util";

/** Where the program writes; what `--help` and `--version` print goes to `out`. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person reads what goes to `out`: colours. */
  readonly outIsTerminal?: boolean;
  /** Whether a person reads what goes to `err`: colours, bars and questions. */
  readonly errIsTerminal?: boolean;
}

type Style = (text: string) => string;

/** Colours for people: on a terminal, and not where `NO_COLOR` is set (no-color.org) or the terminal is a dumb one. */
export interface Styles {
  readonly bold: Style;
  readonly dim: Style;
  readonly green: Style;
  readonly yellow: Style;
}

const plain: Style = (text) => text;

export function styles(isTerminal = false, env: NodeJS.ProcessEnv = process.env): Styles {
  if (!isTerminal || env["NO_COLOR"] || env["TERM"] === "dumb")
    return { bold: plain, dim: plain, green: plain, yellow: plain };
  const style =
    (name: "bold" | "dim" | "green" | "yellow"): Style =>
    (text) =>
      // Whether it is a terminal is known here; newer releases of Node would look at stdout themselves.
      styleText(name, text, { validateStream: false });
  return { bold: style("bold"), dim: style("dim"), green: style("green"), yellow: style("yellow") };
}

/** What a tool or a server says, for a terminal: it is data, and nothing in it moves the cursor or hides text. */
export function harmless(text: string): string {
  return text.replace(/(?![\n\t\u200d])[\p{Cc}\p{Cf}]+/gu, " ");
}

/** Lines of columns, each as wide as its widest cell but for the last. */
export function columns(rows: readonly (readonly string[])[], gap = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join(gap),
  );
}
