/** What a name says about a file that was rotated away. */
export interface Rotated {
  /** Numbered names count up with age, dated ones with time; other words say nothing. */
  readonly kind: "number" | "date" | "word";
  readonly order: readonly number[];
  /** The ending of a compressed file, without its dot. Only `gz` can be read. */
  readonly compression: string | undefined;
}

const COMPRESSION = /\.(gz|bz2|xz|zst|lz4|zip|Z)$/;

/**
 * Whether `name` is what `base` is called after a rotation: `app.log.1`, `app.log.2.gz`, `app.log-20261122`,
 * `app-2026-11-22.log`, `app.1.log`, `app.log.old`, `app.log.gz`. Both are names without folders.
 */
export function rotatedOf(base: string, name: string): Rotated | undefined {
  if (name === base) return undefined;
  const compression = COMPRESSION.exec(name)?.[1];
  const plain = compression === undefined ? name : name.slice(0, -compression.length - 1);
  if (plain === base) return { kind: "number", order: [0], compression };
  const tag = tagOf(base, plain);
  if (tag === undefined) return undefined;
  if (/^\d{1,4}$/.test(tag)) return { kind: "number", order: [Number(tag)], compression };
  if (/^\d[\dTZtz:_.+-]{4,39}$/.test(tag))
    return { kind: "date", order: (tag.match(/\d+/g) ?? []).map(Number), compression };
  return /^(?:old|bak|prev|previous|backup|save)$/i.test(tag) ? { kind: "word", order: [], compression } : undefined;
}

function tagOf(base: string, plain: string): string | undefined {
  if (plain.startsWith(base) && ".-_".includes(plain[base.length] ?? " ")) return plain.slice(base.length + 1);
  const dot = base.lastIndexOf(".");
  if (dot <= 0) return undefined;
  const [stem, ending] = [base.slice(0, dot), base.slice(dot)];
  if (plain.length <= base.length + 1 || !plain.startsWith(stem) || !plain.endsWith(ending)) return undefined;
  return ".-_".includes(plain[stem.length] ?? " ") ? plain.slice(stem.length + 1, -ending.length) : undefined;
}

/** Sorts the rotated files of one log, oldest first: by their names where these say so, else by their last change. */
export function byAge(
  a: { readonly rotated: Rotated; readonly mtimeMs: number },
  b: { readonly rotated: Rotated; readonly mtimeMs: number },
): number {
  const { kind, order } = a.rotated;
  if (kind === b.rotated.kind && kind !== "word") {
    for (let index = 0; index < Math.max(order.length, b.rotated.order.length); index += 1) {
      const difference = (order[index] ?? -1) - (b.rotated.order[index] ?? -1);
      if (difference !== 0) return kind === "number" ? -difference : difference;
    }
  }
  return a.mtimeMs - b.mtimeMs;
}
