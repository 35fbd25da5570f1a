import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Debian packages of free documentation, in HTML, reStructuredText and plain text. */
const PACKAGES = [
  "apache2-doc",
  "cmake-doc",
  "erlang-doc",
  "git-doc",
  "libboost1.74-doc",
  "linux-doc-6.1",
  "nodejs-doc",
  "openjdk-17-doc",
  "postgresql-doc-15",
  "python-django-doc",
  "python3.11-doc",
  "qtbase5-doc-html",
  "rust-doc",
  "sqlite3-doc",
  "vim-doc",
] as const;

/**
 * Downloads documentation packages and unpacks them below `cache`; those that are there already are left as they are.
 * Folders of all that could be had: on other systems, none.
 */
export function documentation(cache: string): string[] {
  mkdirSync(cache, { recursive: true });
  return PACKAGES.flatMap((name) => {
    const folder = join(cache, name);
    if (existsSync(folder)) return [folder];
    const work = join(cache, `.${name}`);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    try {
      execFileSync("apt-get", ["download", "-q", name], { cwd: work, stdio: "ignore" });
      const [file = ""] = readdirSync(work);
      execFileSync("dpkg-deb", ["-x", file, "content"], { cwd: work, stdio: "ignore" });
      renameSync(join(work, "content"), folder);
      return [folder];
    } catch {
      console.error(`${name} cannot be downloaded here (apt-get update may help): the corpus is smaller without it.`);
      return [];
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}
