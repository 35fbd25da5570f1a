/** How serious a line is: the severities of syslog with `trace` below; alert and emergency count as critical. */
export type Level = "trace" | "debug" | "info" | "notice" | "warning" | "error" | "critical";

/** The least serious first. */
export const LEVELS: readonly Level[] = ["trace", "debug", "info", "notice", "warning", "error", "critical"];

const WORDS = new Map<string, Level>();
const WRITTEN: Readonly<Record<Level, string>> = {
  trace: "trace trc finest finer silly",
  debug: "debug dbg debu verbose fine config",
  info: "info information informational inf",
  notice: "notice",
  warning: "warn warning wrn",
  error: "error err eror severe fail failure",
  critical: "critical crit fatal ftl alert emerg emergency panic dpanic",
};
for (const level of LEVELS) {
  for (const word of WRITTEN[level].split(" ")) {
    WORDS.set(word, level);
    WORDS.set(word.toUpperCase(), level);
    WORDS.set(word.slice(0, 1).toUpperCase() + word.slice(1), level);
  }
}

/** The level that a word names, written small, large or with a capital; else undefined. */
export function levelOfWord(word: string): Level | undefined {
  return word.length < 3 || word.length > 13 ? undefined : WORDS.get(word);
}

/** Words by their length, first and third letter. */
const BY_LETTERS: [word: string, level: Level][][] = [];
for (const [word, level] of WORDS) (BY_LETTERS[letters(word, 0, word.length)] ??= []).push([word, level]);

function letters(text: string, start: number, end: number): number {
  return (((end - start) & 15) << 12) | ((text.charCodeAt(start) & 63) << 6) | (text.charCodeAt(start + 2) & 63);
}

/** The level that the word from `start` to `end` names; as `levelOfWord`, which costs several times as much. */
export function levelAt(text: string, start: number, end: number): Level | undefined {
  if (end - start < 3 || end - start > 13) return undefined;
  const words = BY_LETTERS[letters(text, start, end)];
  if (words === undefined) return undefined;
  for (const [word, level] of words) if (text.startsWith(word, start)) return level;
  return undefined;
}

/** The level of a word with a number after it, as Go's slog writes levels between its own: `DEBUG+2`, `ERROR-1`. */
export function levelOfOffset(word: string): Level | undefined {
  const sign = Math.max(word.indexOf("+"), word.indexOf("-"));
  return sign > 0 && sign < 6 && /^\d{1,3}$/.test(word.slice(sign + 1)) ? levelOfWord(word.slice(0, sign)) : undefined;
}

const SEVERITIES: readonly Level[] = [
  "critical",
  "critical",
  "critical",
  "error",
  "warning",
  "notice",
  "info",
  "debug",
];

/** The level of a severity of syslog, 0 to 7; else undefined. */
export function levelOfSeverity(severity: number): Level | undefined {
  return SEVERITIES[severity];
}

/**
 * The level of a number in a JSON line: 0 to 7 as syslog (GELF), 10 to 69 as pino and bunyan,
 * 5,000 to 50,000 as Logback (`level_value`); else undefined.
 */
export function levelOfNumber(value: number): Level | undefined {
  if (value >= 0 && value <= 7) return SEVERITIES[value];
  if (value >= 5000 && value <= 50_000) return PINO[Math.max(1, Math.floor(value / 10_000) + 1)];
  return value >= 10 && value < 70 ? PINO[Math.floor(value / 10)] : undefined;
}
const PINO: readonly (Level | undefined)[] = [undefined, "trace", "debug", "info", "warning", "error", "critical"];

/** The level of OpenTelemetry's severity number, 1 to 24; else undefined. */
export function levelOfOtel(value: number): Level | undefined {
  return value >= 1 && value <= 24 ? OTEL[Math.ceil(value / 4) - 1] : undefined;
}
const OTEL: readonly Level[] = ["trace", "debug", "info", "warning", "error", "critical"];

/** The level of an HTTP status: 5xx is an error, 4xx a warning, all else information. */
export function levelOfStatus(status: number): Level {
  return status >= 500 ? "error" : status >= 400 ? "warning" : "info";
}
