/** What a name says about a file that was rotated away. */
export interface Rotated {
  /** Numbered names count with age or with time, dated ones with time; other words say nothing. */
  readonly kind: "number" | "date" | "word";
  /** The number; or year, month, day and what follows them, as far as the name goes. */
  readonly order: readonly number[];
  /** The ending of a compressed file, without its dot. Only `gz` can be read. */
  readonly compression: string | undefined;
}

const COMPRESSION = /\.(gz|bz2|xz|zst|lz4|zip|Z)$/;
const SEPARATORS = ".-_";

/**
 * How a file is compressed, as its name says. Only `gzip` can be inflated; `other` cannot be read. The file under a log's own
 * name is written to, and so it is not compressed.
 */
export function compressionOf({ rotated }: { readonly rotated: Rotated | undefined }): "none" | "gzip" | "other" {
  if (rotated?.compression === undefined) return "none";
  return rotated.compression === "gz" ? "gzip" : "other";
}

/** A name without the ending of a compressed file, and that ending. */
export function uncompressed(name: string): { readonly plain: string; readonly compression: string | undefined } {
  const compression = COMPRESSION.exec(name)?.[1];
  return { plain: compression === undefined ? name : name.slice(0, -compression.length - 1), compression };
}

/**
 * Whether `name` is what `base` is called after a rotation: `app.log.1`, `app.log.2.gz`, `app.log-20261122`,
 * `app-2026-11-22.log`, `app.1.log`, `app.log.old`, `app.log.gz`. Both are names without folders.
 */
export function rotatedOf(base: string, name: string): Rotated | undefined {
  if (name === base) return undefined;
  const { plain, compression } = uncompressed(name);
  if (plain === base) return { kind: "number", order: [0], compression };
  const tag = tagOf(base, plain);
  return tag === undefined ? undefined : meaningOf(tag, compression);
}

/** The names that a file may have had before a rotation, if `name` is what it has now. */
export function basesOf(name: string): string[] {
  const { plain, compression } = uncompressed(name);
  const bases = compression === undefined ? [] : [plain];
  const dot = plain.lastIndexOf(".");
  for (let at = 1; at < plain.length; at += 1) {
    if (!SEPARATORS.includes(plain[at] ?? " ")) continue;
    if (meaningOf(plain.slice(at + 1), compression)) bases.push(plain.slice(0, at));
    if (at < dot && meaningOf(plain.slice(at + 1, dot), compression)) bases.push(plain.slice(0, at) + plain.slice(dot));
  }
  return bases;
}

/** What the digits of two names have in common: `app-20261122.log` and `app-20261123.log` have one shape. */
export function shapeOf(name: string): string {
  return uncompressed(name).plain.replaceAll(/\d+/g, "#");
}

/** A name of the shape of another, as if it were a dated one of it. */
export function sequel(name: string): Rotated {
  const { plain, compression } = uncompressed(name);
  return { kind: "date", order: (plain.match(/\d+/g) ?? []).map(Number), compression };
}

function meaningOf(tag: string, compression: string | undefined): Rotated | undefined {
  if (/^\d{1,4}$/.test(tag)) return { kind: "number", order: [Number(tag)], compression };
  if (/^\d[\dTZtz:_.+-]{4,39}$/.test(tag))
    return { kind: "date", order: (spelledOut(tag).match(/\d+/g) ?? []).map(Number), compression };
  return /^(?:old|bak|prev|previous|backup|save)$/i.test(tag) ? { kind: "word", order: [], compression } : undefined;
}

/** A date with separators between its parts, so that all ways of writing one compare: `20261122T1015` as `2026-11-22T10-15`. */
function spelledOut(tag: string): string {
  return tag
    .replace(
      /^(20\d\d)(0[1-9]|1[0-2])(?:(0[1-9]|[12]\d|3[01])|(?!\d))T?/i,
      (_, year: string, month: string, day?: string) =>
        day === undefined ? `${year}-${month}` : `${year}-${month}-${day}T`,
    )
    .replace(/^(\d{4}\D\d\d\D\d\d)(?:T(\d\d)(\d\d)|[._-](\d\d)(\d\d)(?=\d\d(?!\d)))/i, "$1T$2$4-$3$5-");
}

function tagOf(base: string, plain: string): string | undefined {
  if (plain.startsWith(base) && SEPARATORS.includes(plain[base.length] ?? " ")) return plain.slice(base.length + 1);
  const dot = base.lastIndexOf(".");
  if (dot <= 0) return undefined;
  const [stem, ending] = [base.slice(0, dot), base.slice(dot)];
  if (plain.length <= base.length + 1 || !plain.startsWith(stem) || !plain.endsWith(ending)) return undefined;
  return SEPARATORS.includes(plain[stem.length] ?? " ") ? plain.slice(stem.length + 1, -ending.length) : undefined;
}

/** Compares two rows of numbers, the first one first. */
export function compareOrder(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
