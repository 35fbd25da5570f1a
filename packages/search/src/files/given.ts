import { createHash } from "node:crypto";
import type { DocumentFacts } from "../documents/document.ts";
import { makeDocument, Unparsable } from "../documents/document.ts";
import { MetadataWriter } from "../documents/metadata.ts";
import { TYPES } from "../documents/parse.ts";
import type { Format } from "../documents/parse.ts";
import type { SectionBounds } from "../documents/sections.ts";
import type { IndexDocument } from "../engine/types.ts";
import { errorOf } from "../errors.ts";
import type { Pacer } from "../pacer.ts";

/** A document that is given to the index by a program rather than read from a file. */
export interface SourceDocument {
  /** Names it among those of its source, for good; at most 500 characters. */
  readonly id: string;
  /** By default what its text begins with, or the last part of its id. */
  readonly title?: string | undefined;
  /** Where people can read it; by default the address of this server's resource of it. */
  readonly url?: string | undefined;
  readonly text: string;
  /** How the text is written: a format such as `markdown`, the default, `html` or `text`. */
  readonly type?: string | undefined;
  /** What `name:value` finds: lower-case names, each with one value or several. */
  readonly metadata?: Readonly<Record<string, Scalar | readonly Scalar[]>> | undefined;
  /** When it was last changed: a date, what `Date` can read, or milliseconds since the epoch. By default when it was first given as it is. */
  readonly modified?: Date | string | number | undefined;
}

type Scalar = string | number | boolean;

/** A document that is not as it has to be. The message names the field. */
export class InvalidDocument extends Error {
  override readonly name = "InvalidDocument";
}

/** A document that was given, checked. */
export interface Given {
  readonly document: SourceDocument;
  readonly format: Format;
  readonly bytes: number;
  /** Differs when anything of it does. */
  readonly version: string;
  readonly modified: number | undefined;
}

export interface GivenBounds extends SectionBounds {
  readonly maxFileBytes: number;
}

const MAX_ID = 500;
const MAX_TITLE = 500;
const MAX_URL = 2_000;

/** Checks a document of unknown origin, which need not be plain data. @throws InvalidDocument */
export function checkGiven(value: unknown, bounds: Pick<GivenBounds, "maxFileBytes">): Given {
  try {
    return check(value, bounds);
  } catch (error) {
    if (error instanceof InvalidDocument) throw error;
    const reason = errorOf(error).message.slice(0, 200);
    throw new InvalidDocument(`it must be plain data: strings, numbers, lists and a date (${reason})`);
  }
}

function check(value: unknown, bounds: Pick<GivenBounds, "maxFileBytes">): Given {
  if (typeof value !== "object" || value === null) throw new InvalidDocument("it is no object");
  const { id, title, url, text, type = "markdown", metadata, modified } = value as Partial<SourceDocument>;
  wanted(typeof id === "string" && id.trim() !== "", "id", "must be a string that is not empty");
  wanted(id.length <= MAX_ID, "id", `must have at most ${MAX_ID} characters`);
  wanted(!/\p{Surrogate}/u.test(id), "id", "must be Unicode");
  wanted(title === undefined || typeof title === "string", "title", "must be a string");
  wanted(
    url === undefined || (typeof url === "string" && url.length <= MAX_URL),
    "url",
    `must be a string of at most ${MAX_URL} characters`,
  );
  wanted(typeof text === "string", "text", "must be a string");
  const bytes = Buffer.byteLength(text);
  wanted(bytes <= bounds.maxFileBytes, "text", `must have at most ${bounds.maxFileBytes} bytes (maxFileBytes)`);
  wanted(typeof type === "string" && isFormat(type), "type", `must be one of ${[...TYPES].join(", ")}`);
  wanted(
    metadata === undefined || (typeof metadata === "object" && metadata !== null),
    "metadata",
    "must be an object",
  );
  wanted(modified === undefined || isDate(modified), "modified", "must be a date");
  wanted(url === undefined || isAddress(url), "url", "must be a whole address, such as https://example.com/page");
  const time = modified === undefined ? undefined : new Date(modified).getTime();
  wanted(time === undefined || !Number.isNaN(time), "modified", "must be a date");
  const document = { id, title, url, text, type, metadata };
  return { document, format: type, bytes, version: hash({ ...document, time }), modified: time };
}

function isDate(value: unknown): value is Date | string | number {
  return typeof value === "string" || typeof value === "number" || value instanceof Date;
}

/** Schemes that run something. */
const RUNNING = /^(?:javascript|vbscript|data|blob):/i;

function isAddress(url: string): boolean {
  return URL.canParse(url) && !RUNNING.test(new URL(url).href);
}

/** Makes what is indexed of it. @throws InvalidDocument if its parser fails; the pacer's reason */
export async function makeGiven(
  { document, format, bytes, version, modified }: Given,
  facts: Pick<DocumentFacts, "id" | "path" | "url" | "origin">,
  bounds: SectionBounds,
  pacer: Pacer,
): Promise<IndexDocument> {
  const metadata = new MetadataWriter();
  for (const [name, value] of Object.entries(document.metadata ?? {})) metadata.add(name, value);
  const more = {
    ...facts,
    url: document.url === undefined ? facts.url : new URL(document.url).href,
    title: document.title?.trim() ? document.title.slice(0, MAX_TITLE) : undefined,
    metadata: metadata.finish(),
    modified: modified ?? Date.now(),
    bytes,
    version,
    stamp: "",
  };
  try {
    return await makeDocument(more, document.text, format, bounds, pacer);
  } catch (error) {
    throw error instanceof Unparsable ? new InvalidDocument(error.message) : error;
  }
}

function wanted(holds: boolean, field: string, rule: string): asserts holds {
  if (!holds) throw new InvalidDocument(`${field} ${rule}`);
}

function isFormat(type: string): type is Format {
  return TYPES.has(type);
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
