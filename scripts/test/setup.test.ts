import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { setup } from "../setup.mjs";
import { root } from "../workspace.mjs";
import { temporary, write } from "./temp.ts";

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { packageManager: string };

beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.stubEnv("npm_config_registry", `http://127.0.0.1:${await closedPort()}`);
  vi.stubEnv("npm_config_fetch_retries", "0");
  vi.stubEnv("HOME", temporary());
});

test("a missing network is one sentence, with the reason: before there is a pnpm", async () => {
  const failure = setup(repository({ zod: "4.6.7" }));
  await expect(failure).rejects.toThrow(
    /^The dependencies could not be downloaded because the package registry cannot be reached \(ECONNREFUSED\): check [^\n]*\.$/,
  );
  await expect(failure).rejects.toHaveProperty("output", undefined);
}, 60_000);

test("a missing network is one sentence, with the reason: while packages are installed", async () => {
  const folder = repository({ zod: "4.6.7" });
  givePnpm(folder);
  await expect(setup(folder)).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
}, 60_000);

test("a lock file that does not fit is one sentence that names the command", async () => {
  const folder = repository({ zod: "4.6.6" });
  givePnpm(folder);
  await expect(setup(folder)).rejects.toThrow(
    `pnpm-lock.yaml does not match the package.json files: run \`npx ${packageManager} install\` and keep its changes.`,
  );
});

test("runs once, and again when a package.json changes", async () => {
  const folder = repository({});
  givePnpm(folder);
  await setup(folder);
  expect(console.error).toHaveBeenCalledTimes(2);

  // From here on an installation could only fail.
  rmSync(join(folder, "node_modules", "pnpm"));
  await setup(folder);
  expect(console.error).toHaveBeenCalledTimes(2);
  write(folder, "packages/a/package.json", { name: "a", description: "changed" });
  await expect(setup(folder)).rejects.toThrow("cannot be reached");
}, 60_000);

/** A workspace whose lock file says zod 4.6.7 where the root depends on it. */
function repository(dependencies: Readonly<Record<string, string>>): string {
  const locked = `    dependencies:
      zod:
        specifier: 4.6.7
        version: 4.6.7
`;
  const integrity = `sha512-${Buffer.alloc(64).toString("base64")}`;
  const packages = `packages:
  zod@4.6.7:
    resolution: {integrity: ${integrity}}
snapshots:
  zod@4.6.7: {}
`;
  const hasZod = "zod" in dependencies;
  return temporary({
    "package.json": { name: "root", private: true, packageManager, dependencies },
    "pnpm-workspace.yaml": "packages:\n  - packages/*\n\nmanagePackageManagerVersions: false\n",
    "pnpm-lock.yaml": `lockfileVersion: '9.0'
settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
importers:
  .:${hasZod ? `\n${locked}` : " {}\n"}  packages/a: {}
${hasZod ? packages : ""}`,
    ".npmrc": "",
    "packages/a/package.json": { name: "a" },
  });
}

function givePnpm(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "node_modules", "pnpm"), join(folder, "node_modules", "pnpm"));
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
