/**
 * A package.json that says where the package comes from, and where to read and complain about it.
 * @param {Record<string, any>} manifest
 * @param {string} folder in the repository
 * @param {string} url of the repository, without `.git`
 */
export function withOrigin(manifest, folder, url) {
  return {
    ...manifest,
    homepage: `${url}/tree/main/${folder}#readme`,
    bugs: `${url}/issues`,
    repository: { type: "git", url: `git+${url}.git`, directory: folder },
  };
}
