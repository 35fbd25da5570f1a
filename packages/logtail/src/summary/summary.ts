import type { Level } from "../format/level.ts";
import { LEVELS } from "../format/level.ts";
import { clusterShapes, joinWords } from "./cluster.ts";
import type { SummaryDump } from "./dump.ts";
import { Histogram } from "./histogram.ts";
import { chanceOfRise } from "./rate.ts";
import type { SummaryReport, TemplateReport } from "./report.ts";
import { compare, describe, exampleOf, rankOf, SIGNIFICANT, total, trendOf } from "./report.ts";
import type { Stats } from "./stats.ts";
import { mergeStats } from "./stats.ts";
import { Timeline } from "./timeline.ts";
import { joinTokens, Tokenizer } from "./tokens.ts";

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

export interface Comparison {
  readonly before: Summary;
  /** How many times longer the present is than the time before; default: by the times of the lines, else by their number. */
  readonly spanRatio?: number;
  /**
   * Whether counts, levels, histograms, first and last are of both times together, also in templates that the present has
   * not; default false: of the present alone. Trends compare the two either way.
   */
  readonly includeBefore?: boolean;
}

/** The rank of a warning: its place among the levels, from 1. */
const WARNING = LEVELS.indexOf("warning") + 1;
/** Narrow buckets from which a histogram is made. */
const MIN_NARROW = 4096;
const NARROW_PER_BUCKET = 64;

/** Mines templates from messages: what is in millions of lines, in bounded memory. */
export class Summary {
  readonly #maxTemplates: number;
  readonly #maxShapes: number;
  readonly #buckets: number;
  readonly #maxExample: number;
  readonly #tokenizer = new Tokenizer();
  readonly #keys = new Map<number, Known>();
  #stats = new Set<Stats>();
  readonly #times: Timeline;
  /** Of the lines whose level is error or critical. */
  readonly #errors: Timeline;
  /** Lines without a level, and of each level. */
  readonly #levels = new Float64Array(LEVELS.length + 1);
  #lines = 0;
  #other = 0;
  #first = Infinity;
  #last = -Infinity;

  constructor(options: SummaryOptions = {}) {
    this.#maxTemplates = Math.max(10, options.maxTemplates ?? 1000);
    this.#maxShapes = this.#maxTemplates * 4;
    this.#buckets = Math.max(2, options.buckets ?? 40);
    this.#maxExample = options.maxExample ?? 500;
    const narrow = Math.max(MIN_NARROW, this.#buckets * NARROW_PER_BUCKET);
    this.#times = new Timeline(narrow);
    this.#errors = new Timeline(narrow);
  }

  /** Lines counted. */
  get lines(): number {
    return this.#lines;
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
    this.#lines++;
    stats.count++;
    this.#levels[rank] = (this.#levels[rank] ?? 0) + 1;
    if (time === undefined || !Number.isFinite(time)) return;
    if (time < stats.first) stats.first = time;
    if (time > stats.last) stats.last = time;
    (stats.histogram ??= new Histogram(this.#buckets)).add(time);
    this.#times.add(time);
    if (rank > WARNING) this.#errors.add(time);
    if (time < this.#first) this.#first = time;
    if (time > this.#last) this.#last = time;
  }

  /** All that was counted, for `merge`. */
  dump(): SummaryDump {
    const places = new Map([...this.#stats].map((stats, place) => [stats, place]));
    return {
      lines: this.#lines,
      other: this.#other,
      first: this.#first,
      last: this.#last,
      levels: [...this.#levels],
      times: this.#times.dump(),
      errors: this.#errors.dump(),
      stats: [...this.#stats].map((stats) => ({ ...stats, histogram: stats.histogram?.read() })),
      keys: [...this.#keys].map(([key, { check, stats }]) => [key, check, places.get(stats) ?? -1]),
    };
  }

  /**
   * Counts what another summary with the same options has counted, as if all had been counted here: but for what the bounds
   * make either give up, the report is the same.
   */
  merge(dump: SummaryDump): void {
    this.#lines += dump.lines;
    this.#other += dump.other;
    this.#first = Math.min(this.#first, dump.first);
    this.#last = Math.max(this.#last, dump.last);
    for (const [rank, count] of dump.levels.entries()) this.#levels[rank] = (this.#levels[rank] ?? 0) + count;
    this.#times.addAll(dump.times);
    this.#errors.addAll(dump.errors);
    const keys = dump.stats.map((): (readonly [key: number, check: number])[] => []);
    for (const [key, check, place] of dump.keys) keys[place]?.push([key, check]);
    for (const [place, other] of dump.stats.entries()) this.#mergeStats(other, keys[place] ?? []);
  }

  #mergeStats(other: SummaryDump["stats"][number], keys: readonly (readonly [key: number, check: number])[]): void {
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
    const before = comparison?.before;
    const old = new Set(before === undefined || before === this ? [] : before.#stats);
    const clusters = clusterShapes([...this.#stats, ...old]);
    const share = comparison === undefined ? 1 : this.#presentShare(comparison);
    const all = comparison?.includeBefore === true ? this.#with(before) : this;
    const templates: (TemplateReport & { readonly rank: number })[] = [];
    const stopped: TemplateReport[] = [];
    for (const cluster of clusters) {
      const now = cluster.items.filter((item) => !old.has(item));
      const then = cluster.items.filter((item) => old.has(item));
      const recent = total(now);
      const earlier = total(then);
      const merged = mergeStats(cluster, now.length > 0 ? now : then, this.#buckets);
      const gone = now.length === 0 && chanceOfRise(earlier, 0, 1 - share) < SIGNIFICANT;
      if (gone) stopped.push({ ...describe(merged, 0, all.#lines), trend: "stopped", before: earlier });
      if (now.length === 0 && all === this) continue;
      const counted =
        all === this ? merged : { ...mergeStats(cluster, cluster.items, this.#buckets), ...exampleOf(merged) };
      const trend = gone
        ? "stopped"
        : before === undefined || before.#lines === 0
          ? undefined
          : trendOf(recent, earlier, share, before.#other);
      templates.push({
        ...describe(counted, counted.count, all.#lines),
        ...(trend !== undefined && { trend }),
        ...(before !== undefined && { before: earlier }),
        ...(all !== this && { recent }),
        rank: rankOf(merged.level, trend),
      });
    }
    templates.sort((a, b) => a.rank - b.rank || b.count - a.count || compare(a, b));
    stopped.sort((a, b) => (b.before ?? 0) - (a.before ?? 0) || compare(a, b));
    const shown = templates.slice(0, Math.max(0, limit)).map(({ rank: _, ...template }) => template);
    return {
      ...all.#totals(),
      ...(before !== undefined && { before: before.#lines }),
      templates: shown,
      known: templates.length,
      unshown: all.#lines - all.#other - shown.reduce((sum, { count }) => sum + count, 0),
      other: all.#other,
      stopped: stopped.slice(0, Math.max(0, limit)),
    };
  }

  #totals(): Pick<SummaryReport, "lines" | "levels" | "first" | "last" | "histogram"> {
    const span = this.#times.span();
    const histogram = span && this.#times.view(this.#buckets, span.from, span.to);
    const { first, last } = this.#span;
    return {
      lines: this.#lines,
      levels: Object.fromEntries(
        LEVELS.flatMap((level, at) => ((this.#levels[at + 1] ?? 0) > 0 ? [[level, this.#levels[at + 1]]] : [])),
      ),
      ...(last >= first && { first, last }),
      ...(span !== undefined &&
        histogram !== undefined && {
          histogram: {
            ...histogram,
            ...(span.outside > 0 && { outside: span.outside }),
            errors: this.#errors.countsOver(histogram),
          },
        }),
    };
  }

  /** The first and the last time, without those that are left out as mistakes. */
  get #span(): { readonly first: number; readonly last: number } {
    const span = this.#times.span();
    return {
      first: Math.max(this.#first, span?.from ?? -Infinity),
      last: Math.min(this.#last, span === undefined ? Infinity : span.to - 1),
    };
  }

  /** The totals of both, without templates. */
  #with(other: Summary | undefined): Summary {
    const sum = new Summary({ buckets: this.#buckets });
    for (const part of other === undefined || other === this ? [this] : [other, this]) {
      sum.#lines += part.#lines;
      sum.#other += part.#other;
      sum.#first = Math.min(sum.#first, part.#first);
      sum.#last = Math.max(sum.#last, part.#last);
      sum.#times.addAll(part.#times.dump());
      sum.#errors.addAll(part.#errors.dump());
      for (const [at, count] of part.#levels.entries()) sum.#levels[at] = (sum.#levels[at] ?? 0) + count;
    }
    return sum;
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
    for (const lost of kept.slice(this.#maxTemplates)) this.#other += lost.count;
    kept = kept.slice(0, this.#maxTemplates);
    this.#stats = new Set(kept);
    let room = this.#maxShapes;
    for (const [key, { check, stats }] of this.#keys) {
      const to = target.get(stats);
      if (to !== undefined && this.#stats.has(to) && room-- > 0) this.#keys.set(key, { check, stats: to });
      else this.#keys.delete(key);
    }
  }

  /** The present's part of both spans. */
  #presentShare({ before, spanRatio }: Comparison): number {
    const present = this.#span;
    const past = before.#span;
    const now = present.last - present.first;
    const then = past.last - past.first;
    const ratio = spanRatio ?? (now > 0 && then > 0 ? now / then : this.#lines / Math.max(1, before.#lines));
    return Math.min(1, Math.max(0, ratio / (1 + ratio)));
  }
}

function rankOfLevel(level: Level | undefined): number {
  return level === undefined ? 0 : LEVELS.indexOf(level) + 1;
}

/** A copy that does not keep the text that it was cut from in memory. */
function own(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le");
}
