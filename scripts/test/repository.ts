import { cpSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { root } from "../workspace.mjs";
import { temporary } from "./temp.ts";

/** A small monorepo with the settings, the scripts and the installed tools of this one. */
export function smallRepository(files: Readonly<Record<string, string | object>>): string {
  const folder = temporary({
    "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
    "pnpm-lock.yaml": lockFile("1.0.0"),
    ".gitignore": ".test/\n.turbo/\nnode_modules/\n",
    ...files,
  });
  const shared = readdirSync(root).filter((name) => /^(package|turbo|tsconfig.*)\.json$|\.config\.ts$/.test(name));
  for (const name of shared) cpSync(join(root, name), join(folder, name));
  const scripts = readdirSync(join(root, "scripts")).filter((name) => name.endsWith(".mjs"));
  for (const name of scripts) cpSync(join(root, "scripts", name), join(folder, "scripts", name));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** A lock file in which the package `base` has one dependency from elsewhere. */
export const lockFile = (version: string): string => `lockfileVersion: '9.0'

importers:

  .: {}

  packages/base:
    dependencies:
      zod:
        specifier: ^1.0.0
        version: ${version}

  packages/user:
    devDependencies:
      base:
        specifier: workspace:*
        version: link:../base

packages:

  zod@${version}:
    resolution: {integrity: sha512-x}

snapshots:

  zod@${version}: {}
`;
