import { execFileSync } from "node:child_process";
import { constants, readdirSync } from "node:fs";
import { link, mkdir, mkdtemp, open, realpath, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileAccessError, openRoots, SECRET_FILES } from "../src/files.ts";
import type { FileAccessCode, Location, Root, Roots } from "../src/files.ts";
import { descriptorPath, pathByIdentity } from "../src/files/descriptor.ts";
import { openVerified } from "../src/files/open.ts";

const SECRET = "the outside secret";

let base: string;
let root: string;
let outside: string;
let roots: Roots;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "plugboard-files-")));
  root = join(base, "root");
  outside = join(base, "outside");
  await mkdir(join(root, "folder"), { recursive: true });
  await mkdir(outside);
  await writeFile(join(root, "a.md"), "inside");
  await writeFile(join(root, "folder", "b.md"), "deep inside");
  await writeFile(join(outside, "secret.md"), SECRET);
  roots = await openRoots([root]);
});

afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

async function text(path: string, from: Roots = roots): Promise<string> {
  await using file = await from.open(path);
  return (await file.read(1_000)).bytes.toString();
}

/** The refusal to open `path`: its code, after checking that nothing about the outside is in it. */
async function refusal(path: string, from: Roots = roots): Promise<FileAccessCode> {
  const error = await from.open(path).then(
    async (file) => {
      await file.close();
      throw new Error(`${path} was opened`);
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FileAccessError);
  const { code, message, path: named } = error as FileAccessError;
  expect(`${message} ${named}`).not.toContain(outside);
  expect(`${message} ${named}`).not.toContain("secret.md");
  return code;
}

describe("opening", () => {
  test("reads a file inside a root, by absolute and by relative path", async () => {
    expect(await text(join(root, "a.md"))).toBe("inside");
    expect(await text(relative(process.cwd(), join(root, "a.md")))).toBe("inside");
    await using file = await roots.open(join(root, "folder", "..", "folder", "b.md"));
    expect(file.path).toBe(join(root, "folder", "b.md"));
    expect(file.relative).toBe("folder/b.md");
    expect(file.root.given).toBe(root);
    expect(file.stat.size).toBe(11n);
  });

  test("a root may be a file, and holds nothing else", async () => {
    const one = await openRoots([join(root, "a.md")]);
    expect(await text(join(root, "a.md"), one)).toBe("inside");
    expect(await refusal(join(root, "folder", "b.md"), one)).toBe("outside_roots");
    expect(await refusal(join(root, "a.md.bak"), one)).toBe("outside_roots");
  });

  test("a sibling whose name begins like the root is outside", async () => {
    await mkdir(`${root}-evil`);
    await writeFile(join(`${root}-evil`, "secret.md"), SECRET);
    expect(await refusal(join(`${root}-evil`, "secret.md"))).toBe("outside_roots");
    expect(roots.locate(join(`${root}-evil`, "secret.md"))).toBeUndefined();
  });

  test("`..` does not lead out, and encoded dots are plain names", async () => {
    expect(await refusal(join(root, "..", "outside", "secret.md"))).toBe("outside_roots");
    expect(await refusal(join(root, "%2e%2e", "outside", "a.md"))).toBe("not_found");
    await mkdir(join(root, "%2e%2e"));
    await writeFile(join(root, "%2e%2e", "..%2f.md"), "plain");
    await writeFile(join(root, "..hidden.md"), "dots");
    expect(await text(join(root, "%2e%2e", "..%2f.md"))).toBe("plain");
    expect(await text(join(root, "..hidden.md"))).toBe("dots");
  });

  test("refuses the same way whether or not something exists outside", async () => {
    expect(await refusal(join(outside, "secret.md"))).toBe("outside_roots");
    expect(await refusal(join(outside, "nothing.md"))).toBe("outside_roots");
  });

  test("a NUL byte and an empty path are errors of their own", async () => {
    expect(await refusal(`${join(root, "a.md")}\0.png`)).toBe("invalid_path");
    expect(await refusal("")).toBe("invalid_path");
    await expect(openRoots(["a\0b"])).rejects.toMatchObject({ code: "invalid_path" });
  });

  test("says what is missing, relative to its root", async () => {
    await expect(roots.open(join(root, "folder", "nothing.md"))).rejects.toMatchObject({
      code: "not_found",
      path: "folder/nothing.md",
      message: '"folder/nothing.md" does not exist',
    });
    expect(await refusal(join(root, "a.md", "b"))).toBe("not_found");
  });

  test("a root that is missing or no file names itself as given", async () => {
    await expect(openRoots([join(root, "none")])).rejects.toMatchObject({
      code: "not_found",
      path: join(root, "none"),
    });
    execFileSync("mkfifo", [join(root, "pipe")]);
    await expect(openRoots([join(root, "pipe")])).rejects.toMatchObject({ code: "not_a_file" });
  });
});

describe("links", () => {
  test("follows a link to a file inside the roots, also through a chain and a linked folder", async () => {
    await symlink(join(root, "a.md"), join(root, "one.md"));
    await symlink("one.md", join(root, "two.md"));
    await symlink(join(root, "folder"), join(root, "same"));
    await using file = await roots.open(join(root, "two.md"));
    expect(file.path).toBe(join(root, "a.md"));
    expect(await text(join(root, "same", "b.md"))).toBe("deep inside");
  });

  test("refuses a link, a linked parent and a chain that lead out", async () => {
    await symlink(join(outside, "secret.md"), join(root, "direct.md"));
    await symlink(outside, join(root, "parent"));
    await symlink("parent", join(root, "folder", "again"));
    await symlink(join(root, "parent"), join(root, "hop"));
    await symlink("direct.md", join(root, "chained.md"));
    // Not even what kind of thing is out there is told.
    for (const path of ["direct.md", "parent/secret.md", "hop/secret.md", "chained.md", "parent"]) {
      expect(await refusal(join(root, path)), path).toBe("outside_roots");
    }
  });

  test("a link to another root is inside", async () => {
    await symlink(join(outside, "secret.md"), join(root, "direct.md"));
    expect(await text(join(root, "direct.md"), await openRoots([root, outside]))).toBe(SECRET);
  });

  test("a link that leads nowhere or to itself does not exist", async () => {
    await symlink("nothing", join(root, "dangling.md"));
    await symlink("loop.md", join(root, "loop.md"));
    expect(await refusal(join(root, "dangling.md"))).toBe("not_found");
    expect(await refusal(join(root, "loop.md"))).toBe("not_found");
  });

  test("a hard link is a file of the root, wherever its other name is", async () => {
    await link(join(outside, "secret.md"), join(root, "hard.md"));
    expect(await text(join(root, "hard.md"))).toBe(SECRET);
  });

  test("the root itself may be a link: its real path counts, once", async () => {
    await symlink(root, join(base, "current"));
    const linked = await openRoots([join(base, "current")]);
    expect(linked.list[0]?.path).toBe(root);
    expect(await text(join(base, "current", "a.md"), linked)).toBe("inside");
    await rm(join(base, "current"));
    await symlink(outside, join(base, "current"));
    expect(await refusal(join(base, "current", "secret.md"), linked)).toBe("outside_roots");
  });
});

describe("the path of a descriptor", () => {
  test("is where the file is, even if it has been replaced since it was opened", async () => {
    const path = join(root, "a.md");
    await using handle = await open(path);
    const opened = await handle.stat({ bigint: true });
    expect(await descriptorPath(handle, opened, path)).toBe(path);
    await writeFile(join(root, "next.md"), "next");
    await rename(join(root, "next.md"), path);
    if (process.platform === "linux") expect(await descriptorPath(handle, opened, path)).toBe(path);
    await rm(path);
    await expect(pathByIdentity(opened, path)).rejects.toThrow();
  });

  test("is found by comparing identities where the system does not tell it", async () => {
    await using handle = await open(join(root, "a.md"));
    const opened = await handle.stat({ bigint: true });
    expect(await pathByIdentity(opened, join(root, "a.md"))).toBe(join(root, "a.md"));
    await expect(pathByIdentity(opened, join(root, "folder", "b.md"))).rejects.toMatchObject({ code: "changed" });
  });
});

describe("what is no document", () => {
  test("FIFOs, folders, sockets and devices are refused, and the thread pool stays free", async () => {
    for (let index = 0; index < 8; index += 1) execFileSync("mkfifo", [join(root, `pipe${index}`)]);
    const refusals = await Promise.all(Array.from({ length: 8 }, (_, index) => refusal(join(root, `pipe${index}`))));
    expect(new Set(refusals)).toEqual(new Set(["not_a_file"]));
    expect(await refusal(join(root, "folder"))).toBe("not_a_file");
    expect(await refusal(root)).toBe("not_a_file");
    expect(await text(join(root, "a.md"))).toBe("inside");
  });

  test("a FIFO that takes the place of a file does not hang", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    // The opener's own flags, on a FIFO without a writer: returns at once.
    const handle = await open(join(root, "pipe"), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    await handle.close();
  });

  test.runIf(process.platform === "linux")("/proc, /sys and /dev are outside, even below the root /", async () => {
    const all = await openRoots(["/"]);
    expect(await refusal("/proc/self/environ", all)).toBe("outside_roots");
    expect(await refusal(`/proc/self/root${join(root, "a.md")}`, all)).toBe("outside_roots");
    expect(await refusal("/dev/null", all)).toBe("outside_roots");
    expect(await refusal("/sys/kernel/uevent_seqnum", all)).toBe("outside_roots");
    expect(await text(join(root, "a.md"), all)).toBe("inside");
    await expect(openRoots(["/proc/self"])).rejects.toMatchObject({ code: "outside_roots" });
    await symlink("/proc/self/environ", join(root, "environ.md"));
    expect(await refusal(join(root, "environ.md"))).toBe("outside_roots");
    expect(await refusal(join(root, "environ.md"), all)).toBe("outside_roots");
  });
});

describe("reading", () => {
  test("stops at maxBytes by what it has read, whatever the size says", async () => {
    await using file = await roots.open(join(root, "a.md"));
    expect(await file.read(6)).toEqual({ bytes: Buffer.from("inside"), truncated: false });
    expect(await file.read(5)).toEqual({ bytes: Buffer.from("insid"), truncated: true });
    expect(await file.read(0)).toEqual({ bytes: Buffer.alloc(0), truncated: true });
    await expect(file.read(-1)).rejects.toThrow(RangeError);
    await expect(file.read(Number.NaN)).rejects.toThrow(RangeError);
  });

  test("a sparse file of 1 TB costs no more than was asked for", async () => {
    const path = join(root, "sparse.md");
    await writeFile(path, "start");
    await truncate(path, 2 ** 40);
    await using file = await roots.open(path);
    expect(file.stat.size).toBe(2n ** 40n);
    const { bytes, truncated } = await file.read(100_000);
    expect(bytes.length).toBe(100_000);
    expect(bytes.buffer.byteLength).toBeLessThan(300_000);
    expect(bytes.subarray(0, 5).toString()).toBe("start");
    expect(truncated).toBe(true);
  });

  test("reads what a file has grown to since it was opened", async () => {
    await using file = await roots.open(join(root, "a.md"));
    await writeFile(join(root, "a.md"), "x".repeat(20_000));
    const { bytes, truncated } = await file.read(100_000);
    expect([bytes.length, truncated]).toEqual([20_000, false]);
  });

  test("is abortable, and closing twice is fine", async () => {
    const file = await roots.open(join(root, "a.md"));
    await expect(file.read(10, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    await file.close();
    await file.close();
    await expect(file.read(10)).rejects.toMatchObject({ code: "io" });
  });

  test.runIf(process.platform === "linux")("refusals leave no descriptor open", async () => {
    const count = (): number => readdirSync("/proc/self/fd").length;
    await symlink(join(outside, "secret.md"), join(root, "direct.md"));
    await refusal(join(root, "direct.md"));
    const before = count();
    for (let index = 0; index < 50; index += 1) await refusal(join(root, index % 2 ? "direct.md" : "folder"));
    expect(count()).toBeLessThanOrEqual(before);
  });

  test.runIf(process.platform === "linux")("nor do refusals of what had been opened already", async () => {
    const path = join(root, "a.md");
    const before = readdirSync("/proc/self/fd").length;
    for (let index = 0; index < 50; index += 1) {
      let looks = 0;
      const locate = (): Location => {
        looks += 1;
        if (looks === 2) throw new FileAccessError("outside_roots");
        return { root: roots.list[0] as Root, relative: "a.md" };
      };
      await expect(openVerified(path, "a.md", locate)).rejects.toMatchObject({
        code: "outside_roots",
        path: undefined,
      });
    }
    expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
  });
});

describe("secrets", () => {
  const hidden = [
    ".env",
    ".env.production",
    "prod.env",
    "folder/.ENV",
    ".ssh/config",
    "server.pem",
    "TLS.KEY",
    "id_rsa",
    "id_ed25519.pub",
    ".git/config",
    ".npmrc",
    ".netrc",
    "credentials",
    "credentials.json",
    "my-credentials.json",
    "secrets.yaml",
    ".aws/credentials",
    "state.tfstate",
  ];
  const plain = [
    "credentials.md",
    "environment.md",
    "keys.md",
    "secrets.html",
    "monkey.txt",
    ".github/README.md",
    "pem.txt",
  ];

  test("files that hold secrets are refused by default, by any case and in any folder", async () => {
    for (const name of [...hidden, ...plain]) {
      await mkdir(join(root, name, ".."), { recursive: true });
      await writeFile(join(root, name), name);
    }
    for (const name of hidden) expect(await refusal(join(root, name)), name).toBe("secret");
    for (const name of plain) expect(await text(join(root, name)), name).toBe(name);
  });

  test("a link does not get round the list", async () => {
    await writeFile(join(root, ".env"), "TOKEN=1");
    await symlink(".env", join(root, "notes.md"));
    expect(await refusal(join(root, "notes.md"))).toBe("secret");
  });

  test("the list can be replaced", async () => {
    await writeFile(join(root, ".env"), "TOKEN=1");
    expect(await text(join(root, ".env"), await openRoots([root], { deny: [] }))).toBe("TOKEN=1");
    const other = await openRoots([root], { deny: [...SECRET_FILES, "a.*"] });
    expect(await refusal(join(root, "a.md"), other)).toBe("secret");
    await expect(openRoots([root], { deny: [".git/config"] })).rejects.toThrow(TypeError);
  });

  test("a root that was named on purpose is allowed where an outer root would not be", async () => {
    await mkdir(join(root, ".ssh"));
    await writeFile(join(root, ".ssh", "notes.md"), "on purpose");
    expect(await refusal(join(root, ".ssh", "notes.md"))).toBe("secret");
    expect(await text(join(root, ".ssh", "notes.md"), await openRoots([root, join(root, ".ssh")]))).toBe("on purpose");
  });
});

describe("roots that appear later", () => {
  const names = async (from: Roots): Promise<string[]> => {
    const found: string[] = [];
    for await (const { relative: name } of from.walk()) found.push(name);
    return found;
  };

  test("a missing root is an error, unless it may come later", async () => {
    const late = join(base, "late");
    await expect(openRoots([late])).rejects.toMatchObject({ code: "not_found" });
    const from = await openRoots([root, late], { later: true });
    expect(await names(from)).toEqual(["a.md", "folder/b.md"]);
    expect(await refusal(join(late, "c.md"), from)).toBe("not_found");
    await mkdir(late);
    await writeFile(join(late, "c.md"), "came later");
    expect(await names(from)).toEqual(["a.md", "folder/b.md", "c.md"]);
    expect(await text(join(late, "c.md"), from)).toBe("came later");
    expect(from.list.map(({ given, kind }) => [given, kind])).toEqual([
      [root, "folder"],
      [late, "folder"],
    ]);
  });

  test("has the real path that it has when it is there, and no other", async () => {
    const late = join(base, "late");
    const from = await openRoots([late], { later: true });
    await symlink(join(root, "folder"), late);
    expect(await text(join(late, "b.md"), from)).toBe("deep inside");
    expect(from.list[0]?.path).toBe(join(root, "folder"));
    await rm(late);
    await symlink(outside, late);
    expect(await refusal(join(late, "secret.md"), from)).toBe("outside_roots");
    expect(await names(from)).toEqual(["b.md"]);
  });

  test("may be a file", async () => {
    const late = join(base, "late.md");
    const from = await openRoots([late], { later: true });
    expect(await names(from)).toEqual([]);
    await writeFile(late, "a file");
    expect(await text(late, from)).toBe("a file");
    expect(await names(from)).toEqual(["late.md"]);
  });
});
