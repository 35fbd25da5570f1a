import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openRoots } from "@plugboard/core/files";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesPattern, readPattern } from "../src/files/ignore-pattern.ts";
import { scan } from "../src/files/scan.ts";
import type { ScanOptions } from "../src/files/scan.ts";
import { Folder } from "./folder.ts";

const defaults: ScanOptions = {
  include: ["**/*"],
  exclude: [],
  ignoreFiles: true,
  dotfiles: false,
  maxDepth: 16,
  maxFiles: 1_000,
};

interface Found {
  readonly files: string[];
  readonly skips: string[];
  readonly beyond: number;
}

async function look(roots: readonly string[], options: Partial<ScanOptions> = {}): Promise<Found> {
  const skips: string[] = [];
  const { files, beyond } = await scan(await openRoots(roots), { ...defaults, ...options }, (skip) => {
    skips.push(`${skip.relative} ${skip.code}`);
  });
  return { files: files.map(({ relative }) => relative), skips, beyond };
}

function withGit(): boolean {
  try {
    execFileSync("git", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("ignore files", () => {
  test("leave out what they match, below their folder", async () => {
    await using docs = await Folder.make({
      ".gitignore": "*.log\n/build/\n!keep.log\ndrafts\n",
      "a.md": "",
      "a.log": "",
      "keep.log": "",
      "!first.log": "",
      "build/a.md": "",
      "sub/build/a.md": "",
      "sub/.gitignore": "b.md\n!b.log\n",
      "sub/b.md": "",
      "sub/b.log": "",
      "sub/drafts/x.md": "",
      "b.md": "",
    });
    expect((await look([docs.path])).files).toEqual(["a.md", "b.md", "keep.log", "sub/b.log", "sub/build/a.md"]);
    expect((await look([docs.path], { ignoreFiles: false })).files).toHaveLength(10);
  });

  test("of a folder hold for names that come before them", async () => {
    await using docs = await Folder.make({ ".gitignore": "#a\n\\#b\n+c/\n", "#b": "", "+c/x.md": "", "+d/x.md": "" });
    expect((await look([docs.path])).files).toEqual(["+d/x.md"]);
  });

  test("of our own win over those of git, which they can take back", async () => {
    await using docs = await Folder.make({
      ".gitignore": "site/\nb.md",
      ".plugboardignore": "!site/\nprivate\n",
      "sub/.gitignore": "!private",
      "sub/private/x.md": "",
      "site/a.md": "",
      "private/x.md": "",
      "b.md": "",
    });
    expect((await look([docs.path])).files).toEqual(["site/a.md"]);
  });

  test("nothing inside an ignored folder can be taken back", async () => {
    await using docs = await Folder.make({
      ".gitignore": "out/\n!out/keep.md\n",
      "out/.gitignore": "!*",
      "out/keep.md": "",
    });
    expect((await look([docs.path])).files).toEqual([]);
  });

  test("the excludes of a repository count, although they lie in a folder of secrets", async () => {
    await using docs = await Folder.make({ ".git/info/exclude": "*.tmp\n", "a.tmp": "", "a.md": "" });
    expect(await look([docs.path])).toEqual({ files: ["a.md"], skips: [], beyond: 0 });
  });

  test("above a root count only inside another root, and up to the repository; a root itself is never ignored", async () => {
    await using docs = await Folder.make({
      ".gitignore": "*.md\n",
      "repo/.git/HEAD": "",
      "repo/.gitignore": "*.log\n/sub/\n/sub/deep/x.txt\n",
      "repo/sub/a.md": "",
      "repo/sub/a.log": "",
      "repo/sub/deep/x.txt": "",
    });
    const alone = await look([docs.file("repo/sub")]);
    expect(alone.files).toEqual(["a.log", "a.md", "deep/x.txt"]);
    expect((await look([docs.file("repo/sub"), docs.file("repo")])).files).toEqual(["a.md"]);
  });

  test("are looked for where a walk does not meet them", async () => {
    await using docs = await Folder.make({
      "sub/.gitignore": "a.md\nout/",
      "sub/deep/a.md": "",
      "sub/deep/b.md": "",
      "sub/out/deep/c.md": "",
    });
    const roots = await openRoots([docs.path]);
    const entries = ["deep/a.md", "deep/b.md", "out/deep/c.md"].flatMap((name) => {
      const path = docs.file(`sub/${name}`);
      const location = roots.locate(path);
      return location ? [{ ...location, path, link: false }] : [];
    });
    const these = {
      ...roots,
      async *walk() {
        yield* entries;
      },
    };
    const { files } = await scan(these, defaults, () => undefined);
    expect(files.map(({ relative }) => relative)).toEqual(["sub/deep/b.md"]);
  });

  test("do not hide a file that is a root", async () => {
    await using docs = await Folder.make({ ".gitignore": "*", "a.md": "" });
    expect((await look([docs.file("a.md")])).files).toEqual(["a.md"]);
    expect((await look([docs.path, docs.file("a.md")])).files).toEqual(["a.md"]);
  });

  test("are no documents and show no dotfiles", async () => {
    await using docs = await Folder.make({ ".gitignore": "x", ".hidden/a.md": "", ".b.md": "", "a.md": "" });
    expect((await look([docs.path])).files).toEqual(["a.md"]);
    expect((await look([docs.path], { dotfiles: true })).files).toEqual([
      ".b.md",
      ".gitignore",
      "a.md",
      ".hidden/a.md",
    ]);
  });

  test("that are too large, or lead elsewhere, are not used, and that is told", async () => {
    await using docs = await Folder.make({
      ".gitignore": `a.md\n${"x".repeat(1024 * 1024)}`,
      "sub/.gitignore": `a.md\n${"x\n".repeat(5_000)}`,
      "other/rules": "a.md\n",
      "a.md": "",
      "sub/a.md": "",
      "other/a.md": "",
    });
    await symlink(docs.file("other/rules"), docs.file("other/.gitignore"));
    const { files, skips } = await look([docs.path], { include: ["*.md"] });
    expect(files).toEqual(["a.md", "other/a.md", "sub/a.md"]);
    expect(skips).toEqual([".gitignore io", "sub/.gitignore io"]);
  });

  test.skipIf(process.getuid?.() === 0)("that may not be read are told", async () => {
    await using docs = await Folder.make({ ".gitignore": "a.md", "a.md": "" });
    await chmod(docs.file(".gitignore"), 0);
    expect(await look([docs.path])).toMatchObject({ files: ["a.md"], skips: [".gitignore no_permission"] });
  });

  test("a hostile pattern takes no time", () => {
    const pattern = readPattern(`${"*a".repeat(500)}b`);
    const path = readPattern(`${"**/a/".repeat(500)}b`);
    if (!pattern || !path) throw new Error("no pattern");
    const name = "a".repeat(255);
    for (let count = 0; count < 100; count += 1) {
      expect(matchesPattern(pattern, [name], false)).toBe(false);
      expect(
        matchesPattern(
          path,
          Array.from({ length: 100 }, () => "a"),
          false,
        ),
      ).toBe(false);
    }
  });

  // Visible in the list of tests where git is missing.
  test.skipIf(!withGit())("mean what git means by them", { timeout: 60_000 }, async () => {
    const names = ["a", "b", "ab", "a.md", "b.log", "[x]", "a b", "!a", "#a"];
    const paths = names.flatMap((name) => [name, `d/${name}`, `d/e/${name}`, `ab/d/${name}`]);
    // What is a folder is no file.
    const one = paths.filter((path) => !["ab", "d"].includes(path));
    // Several trees, so that git is asked for many rules at a time.
    const trees = ["", "p/", "q/", "r/", "s/", "t/"];
    const tree = trees.flatMap((at) => one.map((path) => at + path));
    const piece = fc.constantFrom(
      "a",
      "b",
      "d",
      "e",
      "*",
      "**",
      "?",
      "/",
      "/",
      "**/",
      "/**",
      "*.md",
      ".log",
      "[ab]",
      "[!a]",
      "[^b]*",
      "[a-c]",
      "[]x]",
      "[[:alpha:]]",
      "[",
      "\\[x]",
      "\\",
      "\\a",
      " ",
      "\\ ",
      "!",
      "#",
      "a b",
      "x",
    );
    const line = fc
      .tuple(
        fc.constantFrom("", "", "", "!", "/", "\\!", "\\#"),
        fc.array(piece, { minLength: 1, maxLength: 4 }),
        fc.constantFrom("", "", "/", " ", "\r"),
      )
      // Where git differs; see `IgnorePattern`. In `a**/b` git compares the `a` by itself, against its own documentation.
      .map(([begin, pieces, end]) => begin + pieces.join("") + end)
      .filter((text) => !/\[[^\]]*\/|\\\/|[^/]\*\*+\//.test(text));
    const rules = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n"));
    await using docs = await Folder.make(Object.fromEntries(tree.map((path) => [path, ""])));
    execFileSync("git", ["init", "-q"], { cwd: docs.path });
    const both = fc.tuple(rules, rules);
    const all = fc.array(both, { minLength: trees.length, maxLength: trees.length });
    // Rules above hold below as well: often there are none.
    const sparse = fc.oneof(fc.constant(""), fc.constant(""), rules);
    await fc.assert(
      fc.asyncProperty(sparse, sparse, all, async (first, exclude, each) => {
        for (const [index, [top, below]] of each.entries()) {
          const at = trees[index] ?? "";
          await docs.put({ [`${at}.gitignore`]: at === "" ? first : top, [`${at}d/.gitignore`]: below });
        }
        await docs.put({ ".git/info/exclude": exclude });
        const ignored = new Set(gitIgnored(docs.path, tree));
        const { files } = await look([docs.path]);
        expect([...files].sort()).toEqual(tree.filter((path) => !ignored.has(path)).sort());
      }),
      { numRuns: 12, seed: 1 },
    );
  });
});

/** Of these paths, those that git ignores. */
function gitIgnored(cwd: string, paths: readonly string[]): string[] {
  try {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
    const input = paths.join("\0");
    const out = execFileSync("git", ["check-ignore", "--no-index", "-z", "--stdin"], { cwd, env, input });
    return out
      .toString("utf8")
      .split("\0")
      .filter((path) => path !== "");
  } catch (error) {
    // 1 stands for none.
    if ((error as { status?: unknown }).status === 1) return [];
    throw error;
  }
}

describe.skipIf(process.platform !== "linux")("names that are no UTF-8", () => {
  test("are skipped and told, as files and as folders", async () => {
    await using docs = await Folder.make({ "a.md": "", "real\ufffd.md": "" });
    const bytes = (name: string): Buffer => Buffer.concat([Buffer.from(`${docs.path}/`), Buffer.from(name, "latin1")]);
    await writeFile(bytes("caf\xe9.md"), "text");
    await mkdir(bytes("d\xfc"));
    await writeFile(bytes("d\xfc/x.md"), "text");
    const found = await look([docs.path], { include: ["*.md"] });
    expect(found.files).toEqual(["a.md", "real\ufffd.md"]);
    expect(found.skips).toEqual(["caf\ufffd.md invalid_path", "d\ufffd invalid_path"]);
  });
});

test("more files than maxFiles are counted, without those that are ignored", async () => {
  await using docs = await Folder.make({
    ".gitignore": "x*",
    "a.md": "",
    "b.md": "",
    "c.md": "",
    "x1.md": "",
    "x2.md": "",
  });
  expect(await look([docs.path], { maxFiles: 2 })).toMatchObject({ files: ["a.md", "b.md"], beyond: 1 });
});

test("of thousands of patterns with wildcards the last one that matches counts", async () => {
  await using docs = await Folder.make({
    ".gitignore": [
      ...Array.from({ length: 4_900 }, (_, at) => `*-${at}.md`),
      "!kept-*.md",
      "kept-*8.md",
      "*-77.md",
      "!k*-77.md",
      "*.txt",
      "*😀.md",
    ].join("\n"),
    "a-5.md": "",
    "a-4899.md": "",
    "a-4900.md": "",
    "kept-5.md": "",
    "kept-8.md": "",
    "kept-77.md": "",
    "b-77.md": "",
    "b.txt": "",
    "c😀.md": "",
    "😀.md.md": "",
  });
  const { files } = await look([docs.path]);
  expect(files).toEqual(["a-4900.md", "kept-5.md", "kept-77.md", "😀.md.md"]);
});

test("an abort ends the scan", async () => {
  await using docs = await Folder.make({ ".gitignore": "x", "a.md": "" });
  const roots = await openRoots([join(docs.path)]);
  const reason = new Error("enough");
  await expect(scan(roots, defaults, () => undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
});
