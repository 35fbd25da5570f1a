import { cleanText } from "./clean.ts";
import type { IndexDocument } from "../engine/types.ts";
import type { Metadata } from "./metadata.ts";
import type { Pacer } from "../pacer.ts";
import { parse } from "./parse.ts";
import type { Format } from "./parse.ts";
import type { SectionBounds } from "./sections.ts";

/** What is known of a text beside the text itself. */
export type DocumentFacts = Pick<
  IndexDocument,
  "id" | "path" | "url" | "modified" | "bytes" | "version" | "origin" | "stamp"
> & {
  /** Goes before the title that the text has; without any, the last part of the path is the title. */
  readonly title?: string | undefined;
  /** Goes before what the text itself says under the same name. */
  readonly metadata?: Metadata | undefined;
};

/** A text on which its parser failed, so that there is no making a document of it. */
export class Unparsable extends Error {
  override readonly name = "Unparsable";
}

/**
 * Makes a document of a text: cleans it, and divides it into sections as its format has them.
 * @throws Unparsable; the pacer's reason
 */
export async function makeDocument(
  facts: DocumentFacts,
  text: string,
  format: Format,
  bounds: SectionBounds,
  pacer: Pacer,
): Promise<IndexDocument> {
  const { title, metadata, ...rest } = facts;
  const clean = await cleaned(text, pacer);
  const parsed = await parse(clean, format, bounds, pacer, facts.path).catch((error: unknown) => {
    // One document must not cost all others; a cancelled pause is no such failure.
    throw pacer.aborted ? error : new Unparsable("its parser failed", { cause: error });
  });
  return {
    ...rest,
    title: title ?? parsed.title ?? nameOf(facts.path),
    type: format,
    metadata: { ...parsed.metadata, ...metadata },
    cut: parsed.cut,
    sections: parsed.sections,
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

const CLEAN_SLICE = 256 * 1024;

async function cleaned(text: string, pacer: Pacer): Promise<string> {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf("\n", at + CLEAN_SLICE);
    const end = newline === -1 || newline > at + 2 * CLEAN_SLICE ? at + 2 * CLEAN_SLICE : newline + 1;
    parts.push(cleanText(text.slice(at, end)));
    at = end;
    if (pacer.due) await pacer.pause();
  }
  return parts.join("");
}
