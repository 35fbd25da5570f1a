import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary folder with files. */
export class Folder implements AsyncDisposable {
  readonly base: string;
  /** The folder that is a root; what is beside it is outside. */
  readonly path: string;

  private constructor(base: string) {
    this.base = base;
    this.path = join(base, "docs");
  }

  static async make(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Folder> {
    const folder = new Folder(await realpath(await mkdtemp(join(tmpdir(), "plugboard-search-"))));
    await mkdir(folder.path);
    await folder.put(files);
    return folder;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(this.file(name)), { recursive: true });
      await writeFile(this.file(name), content);
    }
  }

  async remove(name: string): Promise<void> {
    await rm(this.file(name), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.base, { recursive: true, force: true });
  }
}

/** The longest time that the event loop was kept from turning while `work` ran, in milliseconds. */
export async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let over = false;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  // A block that ends with the work is seen by the next turn alone.
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  over = true;
  return longest;
}
