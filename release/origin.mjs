// Writes into each package.json where it comes from: npm compares that with the repository that signs a package's provenance.
// On a hosted runner only, which knows; elsewhere nothing is signed, and nothing written.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publicPackages } from "./copy.mjs";
import { withOrigin } from "./repository.mjs";

const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
if (server && repository) {
  for (const { path, folder } of publicPackages()) {
    const file = join(path, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, `${JSON.stringify(withOrigin(manifest, folder, `${server}/${repository}`), null, 2)}\n`);
  }
}
