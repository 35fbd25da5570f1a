import { randomBytes } from "node:crypto";
import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { makeFolder } from "../folder.ts";
import { DamagedError } from "./blocks.ts";
import { Segment } from "./segment.ts";
import { textsInFile } from "./texts.ts";
import type { TextSource } from "./texts.ts";

const MANIFEST = "index.json";
const SEGMENT_FILE = /^[0-9a-f]{8}-\d{1,12}\.(?:seg|tmp)$/;
/** Files that nothing refers to are removed at this age: another process may just be about to name them. */
const ORPHAN_MS = 60_000;
const MAX_MANIFEST = 64 * 1024 * 1024;
/** Bytes that are read or written at once. */
const CHUNK = 4 * 1024 * 1024;

/** What the manifest says of a segment. */
interface ListedSegment {
  readonly file: string;
  readonly indexBytes: number;
  readonly textBytes: number;
  /** The documents that have left: base64 of their numbers, 32 bits each. */
  readonly dropped: string;
}

interface Manifest {
  /** Of the layout and of the analysis, and all that an index depends on: another one is not ours to read. */
  readonly kind: string;
  readonly owner: string;
  readonly sequence: number;
  readonly segments: readonly ListedSegment[];
}

/** A segment as it is on disk. */
export interface StoredSegment {
  readonly file: string;
  readonly segment: Segment;
}

/**
 * An index in a folder: segments, which are never changed, and a manifest that says which of them count, replaced as a whole.
 * Whatever is interrupted leaves the manifest before or after it. Of several processes over one folder the first to commit
 * goes on writing; the others notice, and keep what they have in memory.
 */
export class Disk {
  readonly #folder: string;
  readonly #kind: string;
  readonly #owner = randomBytes(4).toString("hex");
  #number = 0;
  /** The manifest that this process read or wrote last: owner and sequence. */
  #seen = "";
  #sequence = 0;

  constructor(folder: string, kind: string) {
    this.#folder = folder;
    this.#kind = kind;
  }

  /** The segments that are whole. @param onDamage told what was not taken, and why */
  async load(onDamage: (message: string) => void): Promise<StoredSegment[]> {
    await makeFolder(this.#folder);
    const manifest = await this.#manifest();
    this.#seen = nameOf(manifest);
    if (manifest === undefined) return [];
    if (manifest === "damaged") {
      onDamage("its list of contents is damaged or foreign");
      return [];
    }
    this.#sequence = manifest.sequence;
    const loaded: StoredSegment[] = [];
    for (const listed of manifest.segments) {
      try {
        loaded.push({ file: listed.file, segment: await this.#open(listed) });
      } catch (error) {
        onDamage(error instanceof Error ? error.message : String(error));
      }
    }
    return loaded;
  }

  /** Writes a segment, and returns the name of its file. From then on its texts are read from there. */
  async write(segment: Segment): Promise<string> {
    const name = `${this.#owner}-${this.#number++}`;
    await makeFolder(this.#folder);
    const temporary = join(this.#folder, `${name}.tmp`);
    const file = `${name}.seg`;
    try {
      await using handle = await open(temporary, "wx", 0o600);
      await handle.writeFile(segment.bytes);
      const { texts } = segment;
      for (let at = 0; at < texts.bytes; at += CHUNK)
        await handle.writeFile(texts.raw(at, Math.min(CHUNK, texts.bytes - at)));
      await handle.datasync();
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    await rename(temporary, join(this.#folder, file));
    segment.texts.moveTo(textsInFile(join(this.#folder, file), segment.bytes.length));
    return file;
  }

  /**
   * Makes segments, and nothing else, the index.
   * @returns `taken` if another process has taken over the folder, `lost` if somebody has removed what was in it
   */
  async commit(segments: readonly StoredSegment[]): Promise<"done" | "taken" | "lost"> {
    // As they are at this moment, whatever happens to them from now on.
    const manifest: Manifest = {
      kind: this.#kind,
      owner: this.#owner,
      sequence: this.#sequence + 1,
      segments: segments.map(({ file, segment }) => ({
        file,
        indexBytes: segment.bytes.length,
        textBytes: segment.texts.bytes,
        dropped: Buffer.from(Uint32Array.from(segment.dropped).buffer).toString("base64"),
      })),
    };
    const body = JSON.stringify(manifest);
    await makeFolder(this.#folder);
    const found = await this.#manifest();
    if (found === undefined && this.#seen !== nameOf(undefined)) {
      this.#seen = nameOf(undefined);
      return "lost";
    }
    if (nameOf(found) !== this.#seen) return "taken";
    const temporary = join(this.#folder, `${this.#owner}-${this.#number++}.tmp`);
    {
      await using handle = await open(temporary, "wx", 0o600);
      await handle.writeFile(`${body}\n${crc32(body).toString(16)}\n`);
      await handle.datasync();
    }
    const path = join(this.#folder, MANIFEST);
    if ((await stat(path).catch(() => undefined))?.isDirectory()) await rm(path, { recursive: true });
    await rename(temporary, path);
    await this.#syncFolder();
    this.#sequence = manifest.sequence;
    this.#seen = nameOf(manifest);
    await this.#clean(new Set(segments.map(({ file }) => file)));
    return "done";
  }

  async #manifest(): Promise<Manifest | "damaged" | undefined> {
    try {
      const path = join(this.#folder, MANIFEST);
      if ((await stat(path)).size > MAX_MANIFEST) return "damaged";
      const [body = "", sum] = (await readFile(path, "utf8")).split("\n");
      if (crc32(body).toString(16) !== sum) return "damaged";
      const manifest = JSON.parse(body) as Partial<Manifest> | null;
      return manifest?.kind === this.#kind && Array.isArray(manifest.segments) ? (manifest as Manifest) : "damaged";
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      if (code === "EISDIR" || error instanceof SyntaxError) return "damaged";
      throw error;
    }
  }

  async #open({ file, indexBytes, textBytes, dropped }: ListedSegment): Promise<Segment> {
    if (!SEGMENT_FILE.test(file)) throw new DamagedError(`${JSON.stringify(file)} is no name of a segment`);
    const path = join(this.#folder, file);
    await using handle = await open(path, "r");
    const { size } = await handle.stat();
    if (size !== indexBytes + textBytes) throw new DamagedError(`${file} is not as long as it should be`);
    const bytes = new Uint8Array(indexBytes);
    for (let at = 0; at < indexBytes;) {
      const { bytesRead } = await handle.read(bytes, at, Math.min(CHUNK, indexBytes - at), at);
      if (bytesRead === 0) throw new DamagedError(`${file} ends too early`);
      at += bytesRead;
    }
    const texts = textsInFile(path, indexBytes);
    const segment = opened(bytes, texts);
    const numbers = Buffer.from(dropped, "base64");
    for (let at = 0; at + 4 <= numbers.length; at += 4) segment.drop(numbers.readUInt32LE(at));
    return segment;
  }

  async #syncFolder(): Promise<void> {
    // Windows cannot open folders, and needs none of this.
    if (process.platform === "win32") return;
    await using handle = await open(this.#folder, "r");
    await handle.sync();
  }

  /** Removes what nothing refers to any more. */
  async #clean(wanted: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!SEGMENT_FILE.test(name) || wanted.has(name)) continue;
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found && Date.now() - found.mtimeMs > ORPHAN_MS) await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

/** A segment, or nothing left open. @throws DamagedError */
function opened(bytes: Uint8Array, texts: TextSource): Segment {
  try {
    return new Segment(bytes, texts);
  } catch (error) {
    texts.close();
    throw error;
  }
}

function nameOf(manifest: Manifest | "damaged" | undefined): string {
  return typeof manifest === "object" ? `${manifest.owner}:${manifest.sequence}` : String(manifest);
}
