import type { Level } from "../format/level.ts";
import { clusterShapes, joinWords } from "./cluster.ts";
import type { CompareOptions, Counted } from "./compare.ts";
import { reportOf } from "./compare.ts";
import type { StatsDump, SummaryDump } from "./dump.ts";
import { Histogram } from "./histogram.ts";
import type { SummaryReport } from "./report.ts";
import type { Stats } from "./stats.ts";
import { mergeStats } from "./stats.ts";
import { joinTokens, Tokenizer } from "./tokens.ts";
import { rankOfLevel, Totals } from "./totals.ts";

export interface SummaryOptions {
  /** Templates that are kept apart; the rarest beyond are counted as other. Default 1,000, at least 10. */
  readonly maxTemplates?: number;
  /** Buckets of a histogram; default 40, at least 2. */
  readonly buckets?: number;
  /** UTF-16 units of an example that are kept; default 500. */
  readonly maxExample?: number;
}

/** What a summary is told of a line. */
export interface SummaryLine {
  readonly message: string;
  /** Ms since the epoch. */
  readonly time?: number | undefined;
  readonly level?: Level | undefined;
}

/** What a key of 32 bits stands for, and 32 bits more to be sure; of two shapes with one key the last is found. */
interface Known {
  readonly check: number;
  readonly stats: Stats;
}

/** The time before, and how the present is compared with it. */
export interface Comparison extends CompareOptions {
  readonly before: Summary;
}

/** Mines templates from messages: what is in millions of lines, in bounded memory. */
export class Summary {
  readonly #maxTemplates: number;
  readonly #maxShapes: number;
  readonly #buckets: number;
  readonly #maxExample: number;
  readonly #tokenizer = new Tokenizer();
  readonly #keys = new Map<number, Known>();
  #stats = new Set<Stats>();
  readonly #totals: Totals;

  constructor(options: SummaryOptions = {}) {
    this.#maxTemplates = Math.max(10, options.maxTemplates ?? 1000);
    this.#maxShapes = this.#maxTemplates * 4;
    this.#buckets = Math.max(2, options.buckets ?? 40);
    this.#maxExample = options.maxExample ?? 500;
    this.#totals = new Totals(this.#buckets);
  }

  /** Lines counted. */
  get lines(): number {
    return this.#totals.lines;
  }

  /** Shapes held now: at most four times `maxTemplates`. */
  get size(): number {
    return this.#stats.size;
  }

  /**
   * Counts a line.
   * @param position comes back with the template, from the line that has the lowest
   */
  add({ message, time, level }: SummaryLine, position: number): void {
    const rank = rankOfLevel(level);
    const stats = this.#known(this.#tokenizer.scan(message, rank)) ?? this.#insert(message, level, position);
    if (position < stats.position) this.#show(stats, message, position);
    this.#count(stats, rank, time);
  }

  /**
   * Counts a line whose message is ASCII in `bytes`, behind whose end there is a control character or nothing; as `add` does,
   * and faster.
   */
  addBytes(
    bytes: Buffer,
    from: number,
    to: number,
    { time, level }: Omit<SummaryLine, "message">,
    position: number,
  ): void {
    const rank = rankOfLevel(level);
    const known = this.#known(this.#tokenizer.scanBytes(bytes, from, to, rank));
    const stats = known ?? this.#insert(bytes.toString("latin1", from, to), level, position);
    if (position < stats.position) this.#show(stats, bytes.toString("latin1", from, to), position);
    this.#count(stats, rank, time);
  }

  #known(key: number): Stats | undefined {
    const known = this.#keys.get(key);
    return known !== undefined && known.check === this.#tokenizer.check ? known.stats : undefined;
  }

  #show(stats: Stats, message: string, position: number): void {
    stats.position = position;
    stats.example = own(message.slice(0, this.#maxExample));
  }

  #count(stats: Stats, rank: number, time: number | undefined): void {
    this.#totals.add(rank, time);
    stats.count++;
    if (time === undefined || !Number.isFinite(time)) return;
    if (time < stats.first) stats.first = time;
    if (time > stats.last) stats.last = time;
    (stats.histogram ??= new Histogram(this.#buckets)).add(time);
  }

  /** All that was counted, for `merge`. */
  dump(): SummaryDump {
    const places = new Map([...this.#stats].map((stats, place) => [stats, place]));
    return {
      totals: this.#totals.dump(),
      stats: [...this.#stats].map((stats) => ({ ...stats, histogram: stats.histogram?.read() })),
      keys: [...this.#keys].map(([key, { check, stats }]) => [key, check, places.get(stats) ?? -1]),
    };
  }

  /**
   * Counts what another summary with the same options has counted, as if all had been counted here: but for what the bounds
   * make either give up, the report is the same.
   */
  merge(dump: SummaryDump): void {
    this.#totals.addAll(dump.totals);
    const keys = dump.stats.map((): (readonly [key: number, check: number])[] => []);
    for (const [key, check, place] of dump.keys) keys[place]?.push([key, check]);
    for (const [place, other] of dump.stats.entries()) this.#mergeStats(other, keys[place] ?? []);
  }

  #mergeStats(other: StatsDump, keys: readonly (readonly [key: number, check: number])[]): void {
    let stats: Stats | undefined;
    for (const [key, check] of keys) {
      const known = this.#keys.get(key);
      if (known?.check === check) stats ??= known.stats;
    }
    if (stats === undefined) {
      if (this.#isFull) this.#compact();
      stats = { ...other, count: 0, histogram: undefined };
      this.#stats.add(stats);
    }
    for (const [key, check] of keys) {
      if (this.#keys.get(key)?.check !== check && this.#keys.size < this.#maxShapes * 2)
        this.#keys.set(key, { check, stats });
    }
    stats.tokens = { ...stats.tokens, words: joinWords(stats.tokens.words, other.tokens.words) };
    stats.count += other.count;
    stats.first = Math.min(stats.first, other.first);
    stats.last = Math.max(stats.last, other.last);
    if (other.position < stats.position) {
      stats.position = other.position;
      stats.example = other.example;
    }
    if (other.histogram !== undefined) (stats.histogram ??= new Histogram(this.#buckets)).addCounts(other.histogram);
  }

  get #isFull(): boolean {
    return this.#stats.size >= this.#maxShapes || this.#keys.size >= this.#maxShapes * 2;
  }

  /**
   * What was counted, at most `limit` templates of it. Changes nothing.
   * @param comparison the time before, to say what is new, rising and stopped
   */
  report(limit: number, comparison?: Comparison): SummaryReport {
    const before = comparison === undefined ? undefined : comparison.before.#counted;
    return reportOf(this.#counted, before, limit, this.#buckets, comparison);
  }

  get #counted(): Counted {
    return { stats: this.#stats, totals: this.#totals };
  }

  /**
   * Says to which template of the report a line belongs; undefined for one that was not counted, or is among the other.
   * What is counted later does not change it.
   */
  classifier(): (line: SummaryLine) => string | undefined {
    const templates = new Map<Stats, string>();
    for (const cluster of clusterShapes(this.#stats)) {
      const { tokens, level } = mergeStats(cluster, cluster.items, this.#buckets);
      for (const item of cluster.items) templates.set(item, `${level ?? ""} ${joinTokens(tokens)}`.trim());
    }
    const keys = new Map(this.#keys);
    const tokenizer = new Tokenizer();
    return ({ message, level }) => {
      const known = keys.get(tokenizer.scan(message, rankOfLevel(level)));
      return known === undefined || known.check !== tokenizer.check ? undefined : templates.get(known.stats);
    };
  }

  #insert(message: string, level: Level | undefined, position: number): Stats {
    if (this.#isFull) this.#compact();
    const { key, check } = this.#tokenizer;
    const tokens = this.#tokenizer.tokens(message.length > 4096 ? message.slice(0, 4096) : message);
    const stats: Stats = {
      level,
      tokens,
      group: own(`${level ?? ""} ${tokens.words.length} ${tokens.separators.join("\0")}`),
      count: 0,
      first: Infinity,
      last: -Infinity,
      example: own(message.slice(0, this.#maxExample)),
      position,
      histogram: undefined,
    };
    this.#keys.set(key, { check, stats });
    this.#stats.add(stats);
    return stats;
  }

  /** Joins shapes of one template, and gives up the rarest. */
  #compact(): void {
    const target = new Map<Stats, Stats>();
    let kept: Stats[] = [];
    for (const cluster of clusterShapes(this.#stats)) {
      const merged = cluster.items.length === 1 ? cluster.items[0] : mergeStats(cluster, cluster.items, this.#buckets);
      if (merged === undefined) continue;
      kept.push(merged);
      for (const item of cluster.items) target.set(item, merged);
    }
    kept.sort((a, b) => b.count - a.count || (b.last || 0) - (a.last || 0));
    for (const lost of kept.slice(this.#maxTemplates)) this.#totals.giveUp(lost.count);
    kept = kept.slice(0, this.#maxTemplates);
    this.#stats = new Set(kept);
    let room = this.#maxShapes;
    for (const [key, { check, stats }] of this.#keys) {
      const to = target.get(stats);
      if (to !== undefined && this.#stats.has(to) && room-- > 0) this.#keys.set(key, { check, stats: to });
      else this.#keys.delete(key);
    }
  }
}

/** A copy that does not keep the text that it was cut from in memory. */
function own(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le");
}
