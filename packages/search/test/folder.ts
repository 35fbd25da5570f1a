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
