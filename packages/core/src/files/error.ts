/**
 * Why a file was refused.
 *
 * - `invalid_path`: empty, or contains a NUL byte.
 * - `outside_roots`: the path, or what it leads to, lies in no root. Also everything in `/proc`, `/sys` and `/dev`.
 * - `not_found`: there is no such file.
 * - `no_permission`: the operating system refuses.
 * - `not_a_file`: a folder, FIFO, socket or device.
 * - `secret`: on the deny list (keys, `.env`, …).
 * - `changed`: replaced again and again while it was being opened.
 * - `io`: any other failure of the operating system; the message carries its code.
 */
export type FileAccessCode =
  | "invalid_path"
  | "outside_roots"
  | "not_found"
  | "no_permission"
  | "not_a_file"
  | "secret"
  | "changed"
  | "io";

const PHRASES: Readonly<Record<FileAccessCode, string>> = {
  invalid_path: "is not a path: it is empty or contains a NUL byte",
  outside_roots: "is outside the allowed roots",
  not_found: "does not exist",
  no_permission: "may not be read by this process",
  not_a_file: "is not a regular file",
  secret: "is on the list of files that hold secrets",
  changed: "kept changing while it was being opened",
  io: "could not be read",
};

const MAX_SHOWN = 300;

/** A refusal to open, read or list a file. Neither the message nor `path` ever names a path outside the roots. */
export class FileAccessError extends Error {
  override readonly name = "FileAccessError";
  /** What went wrong, for programs. */
  readonly code: FileAccessCode;
  /** The file, relative to its root; a root itself as it was given; undefined where that would name a path outside. */
  readonly path: string | undefined;

  constructor(code: FileAccessCode, path?: string, detail?: string) {
    const shown = path === undefined ? "the path" : JSON.stringify(path.slice(0, MAX_SHOWN));
    super(`${shown} ${PHRASES[code]}${detail ? ` (${detail})` : ""}`);
    this.code = code;
    this.path = path;
  }
}

/** The coded form of an error of the operating system. Its own message is dropped, since it may name a path outside. */
export function fromSystem(error: unknown, path: string | undefined): FileAccessError {
  if (error instanceof FileAccessError) return error;
  const code = systemCode(error);
  // ELOOP: a link that leads nowhere but to itself.
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return new FileAccessError("not_found", path);
  if (code === "EACCES" || code === "EPERM") return new FileAccessError("no_permission", path);
  if (code === "ENXIO" || code === "EISDIR") return new FileAccessError("not_a_file", path);
  return new FileAccessError("io", path, code);
}

export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}
