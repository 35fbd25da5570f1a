import { cutText } from "@plugboard/core";
import { displayText, stripEscapes } from "./format/ansi.ts";
import type { Masker } from "./mask/masker.ts";

export interface ShowOptions {
  readonly colors: "strip" | "show";
  readonly masker: Masker;
}

/** Makes lines fit to be shown: no secrets, and nothing that acts or hides. */
export class Show {
  readonly #options: ShowOptions;

  constructor(options: ShowOptions) {
    this.#options = options;
  }

  /** Shows lines that follow each other, so that a private key over several lines is masked. One function for each run. */
  run(): (text: string) => string {
    const mask = this.#options.masker.lines();
    const { colors } = this.#options;
    return (text) => mask(displayText(colors === "strip" ? stripEscapes(text) : spelled(text)));
  }

  /** The same for lines of several logs: each log is a run of its own. */
  runs(): (line: { readonly file: string; readonly text: string }) => string {
    const runs = new Map<string, (text: string) => string>();
    return ({ file, text }) => {
      let run = runs.get(file);
      if (!run) runs.set(file, (run = this.run()));
      return run(text);
    };
  }

  /** Shows one line. */
  one(text: string): string {
    return this.run()(text);
  }
}

/** A shown line of at most `maxChars`, and a note of what is missing. */
export interface Cut {
  readonly text: string;
  readonly cut: boolean;
}

/** @param line of which `text` is shown; it may have been cut when it was read */
export function cutLine(
  text: string,
  maxChars: number,
  line?: { readonly cut: boolean; readonly start: number; readonly end: number },
): Cut {
  if (text.length <= maxChars && line?.cut !== true) return { text, cut: false };
  const kept = cutText(text, maxChars);
  const of = line?.cut === true ? `of ${line.end - line.start} bytes` : `+${text.length - kept.length} characters`;
  return { text: `${kept}… [cut, ${of}]`, cut: true };
}

/** A log's name for people and models to read: nothing in it ends a line, acts or hides. */
export function shownName(name: string): string {
  return displayText(name.replace(/[\n\r\t]/g, (mark) => JSON.stringify(mark).slice(1, -1)));
}

/** With the escape character spelled out, so that nothing takes it for one. */
function spelled(text: string): string {
  return text.replaceAll("\u001b", "\\x1b").replaceAll("\u009b", "\\x9b");
}
