/**
 * Opens, reads and lists files inside allowed roots, and nothing else: `@plugboard/core/files`.
 *
 * Depends on Node only. A path is checked after it has been opened, on the descriptor itself, because a check before
 * opening can be outrun by whoever may swap a symbolic link in between.
 * @module
 */
export { openRoots } from "./files/roots.ts";
export type { OpenRootsOptions, Roots } from "./files/roots.ts";
export type { Location, Root } from "./files/location.ts";
export type { OpenFile, ReadResult } from "./files/open.ts";
export type { WalkEntry, WalkOptions, WalkSkip } from "./files/walk.ts";
export { SECRET_FILES } from "./files/secrets.ts";
export { FileAccessError } from "./files/error.ts";
export type { FileAccessCode } from "./files/error.ts";
