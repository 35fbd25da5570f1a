/**
 * The engine alone, which knows nothing of MCP: reads and follows logs that are written, rotated and compressed, and loses no
 * line that still exists. What is written to a file after it was compressed and removed exists nowhere any more, and cannot be
 * seen: have a writer answer that it opened its file again before the old one is compressed.
 *
 * ```ts
 * import { openRoots } from "@plugboard/core/files";
 * import { read, source } from "@plugboard/logtail/engine";
 *
 * const logs = source({ roots: await openRoots(["/var/log/app"]), patterns: [["*.log"]] });
 * const { lines, cursor } = await read(logs, undefined, { maxLines: 100 });
 * for (const { file, text } of lines) console.log(file, text);
 * // Later, also in another process: what was written since, over any rotation.
 * const news = await read(logs, cursor);
 * console.log(news.lines.length, news.gaps);
 * ```
 * @module
 */
export { CursorError } from "./files/cursor.ts";
export type { CursorCode } from "./files/cursor.ts";
export { labelsFor } from "./files/labels.ts";
export type { Labels } from "./files/labels.ts";
export type { Gap } from "./files/plan.ts";
export type { Rotated } from "./files/rotation.ts";
export { source } from "./files/source.ts";
export type { Listed, ListedRotated, Listing, LogFile, Source, SourceOptions } from "./files/source.ts";
export { LineParser } from "./format/parser.ts";
export type { Level } from "./format/level.ts";
export type { LogRecord } from "./format/record.ts";
export { backward } from "./lines/backward.ts";
export type { BackwardOptions, BackwardResult } from "./lines/backward.ts";
export type { Line } from "./lines/line.ts";
export { Masker } from "./mask/masker.ts";
export type { MaskOptions, SecretMatcher } from "./mask/masker.ts";
export { follow, MAX_FOLLOWERS, waitForChange } from "./read/follow.ts";
export type { FollowOptions, WaitOptions } from "./read/follow.ts";
export type { Limits } from "./read/gather.ts";
export type { SourceLine, Take } from "./read/line.ts";
export { placeOf, placesOf } from "./read/place.ts";
export { read } from "./read/reader.ts";
export type { ReadAnswer, ReadOptions, Refused } from "./read/answer.ts";
export { cursorAt, linesBefore, resolvePlace } from "./read/resolve.ts";
export type { PlaceOptions, ResolvedPlace } from "./read/resolve.ts";
export type { InflateOptions } from "./read/surroundings.ts";
export { PatternError, ScanError } from "./scan/error.ts";
export type { PatternSpec } from "./scan/pattern.ts";
export { checkPattern } from "./scan/query.ts";
export type { Query } from "./scan/query.ts";
export { Scanners } from "./scan/sessions.ts";
export type { ScannersOptions, Session } from "./scan/sessions.ts";
export type { Hit, Part, SearchLimits, SearchPart, SummarizeLimits, SummarizePart } from "./scan/types.ts";
export type { SummaryReport, TemplateReport } from "./summary/report.ts";
export { Summary } from "./summary/summary.ts";
