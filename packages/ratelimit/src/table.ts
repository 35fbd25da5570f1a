import { Heap } from "./heap.ts";
import type { Slice, Usage } from "./quota.ts";

/** One key of one rule. */
export class Entry implements Usage {
  readonly section: Section;
  readonly key: string;
  debt = 0;
  at = 0;
  returned = 0;
  spent: Slice[] | undefined = undefined;
  /** Slots that are taken. */
  active = 0;
  /** Calls that wait for this key. */
  waiting = 0;
  /** When to look whether it may be forgotten. */
  dueAt = 0;
  /** Whether it was forgotten: whoever has kept it asks the table again. */
  gone = false;

  constructor(section: Section, key: string) {
    this.section = section;
    this.key = key;
  }
}

/** The keys of one tool, where a rule counts for each tool; else all of them. */
export interface Section {
  readonly name: string;
  readonly entries: Map<string, Entry>;
}

/** How soon an entry that somebody uses is looked at again. */
const RECHECK_US = 1_000_000;
/** More tools than any server has: those beyond share one section. */
const MAX_SECTIONS = 10_000;

/**
 * The keys of one rule, at most `maxKeys`. For a new one, an entry goes that says nothing any more: nothing is used of its
 * quota, no slot is taken, nobody waits. While there is none such, all new keys share one entry.
 */
export class Table {
  readonly #sections = new Map<string, Section>();
  readonly #byDue = new Heap<Entry>();
  readonly #maxKeys: number;
  readonly #reset: (entry: Entry, now: number) => number;
  readonly #rest: Section = { name: "", entries: new Map() };
  #shared: Entry | undefined;
  #size = 0;
  /** How often a key had to share. */
  overflowed = 0;

  /** @param reset microseconds until nothing is used of an entry's quota any more */
  constructor(maxKeys: number, reset: (entry: Entry, now: number) => number) {
    this.#maxKeys = maxKeys;
    this.#reset = reset;
  }

  get size(): number {
    return this.#size;
  }

  section(name: string): Section {
    const known = this.#sections.get(name);
    if (known) return known;
    if (this.#sections.size >= MAX_SECTIONS) return this.#rest;
    const section: Section = { name, entries: new Map() };
    this.#sections.set(name, section);
    return section;
  }

  get(section: Section, key: string, now: () => number): Entry {
    return section.entries.get(key) ?? this.#make(section, key, now());
  }

  /** As `get`, and remembers nothing. */
  look(section: Section, key: string): Entry {
    const shared = this.#size >= this.#maxKeys ? this.#shared : undefined;
    return section.entries.get(key) ?? shared ?? new Entry(section, key);
  }

  #make(section: Section, key: string, now: number): Entry {
    if (this.#size >= this.#maxKeys && !this.#forgetOne(now)) {
      this.overflowed++;
      return (this.#shared ??= new Entry(this.#rest, ""));
    }
    const entry = new Entry(section, key);
    entry.dueAt = now;
    section.entries.set(key, entry);
    this.#byDue.push(entry);
    this.#size++;
    return entry;
  }

  #forgetOne(now: number): boolean {
    for (;;) {
      const first = this.#byDue.top;
      if (!first || first.dueAt > now) return false;
      const idleAt = this.#idleAt(first, now);
      if (idleAt <= now) {
        this.#byDue.pop();
        first.section.entries.delete(first.key);
        first.gone = true;
        this.#size--;
        return true;
      }
      first.dueAt = idleAt;
      this.#byDue.sink();
    }
  }

  #idleAt(entry: Entry, now: number): number {
    if (entry.active > 0 || entry.waiting > 0) return now + RECHECK_US;
    return now + this.#reset(entry, now);
  }
}
