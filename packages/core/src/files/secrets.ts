const DATA = ["json", "yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "xml", "csv", "txt", "db"];
const named = (name: string): string[] => [name, ...DATA.map((extension) => `${name}.${extension}`)];

/**
 * Names of files and folders that usually hold secrets: the default deny list. A pattern is compared with every part
 * of a path below its root, whatever the case; `*` stands for any characters.
 *
 * A document *about* secrets (`credentials.md`) is not on it.
 */
export const SECRET_FILES: readonly string[] = [
  // Environment and shell
  ".env*",
  "*.env",
  ".*_history",
  ".password-store",
  ".vault-token",
  // Keys and key stores
  ".ssh",
  ".gnupg",
  "id_rsa*",
  "id_dsa*",
  "id_ecdsa*",
  "id_ed25519*",
  "*.pem",
  "*.key",
  "*.p8",
  "*.p12",
  "*.pfx",
  "*.ppk",
  "*.jks",
  "*.keystore",
  "*.kdb",
  "*.kdbx",
  "*.gpg",
  "*.agekey",
  "*.ovpn",
  "wallet.dat",
  // Version control: its configuration can hold tokens, its objects everything ever deleted
  ".git",
  ".hg",
  ".svn",
  ".git-credentials",
  ".gitconfig",
  // Tools that keep tokens in a file
  ".npmrc",
  ".yarnrc*",
  ".pypirc",
  ".netrc",
  "_netrc",
  ".pgpass",
  ".my.cnf",
  ".htpasswd",
  ".dockercfg",
  ".dockerconfigjson",
  ".boto",
  ".s3cfg",
  ".terraformrc",
  ".aws",
  ".azure",
  ".docker",
  ".gcloud",
  ".kube",
  "*.tfstate",
  "*.tfstate.*",
  "*.tfvars",
  // Accounts
  ...named("credentials"),
  ...named("secrets"),
  ...named("secret"),
  "*credentials*.json",
  "client_secret*.json",
  "service-account*.json",
  "service_account*.json",
  "shadow",
  "gshadow",
  "*.htpasswd",
];

/**
 * Compiles a deny list into a test of a path relative to its root, `/` between its parts.
 * @throws TypeError if a pattern is empty or contains a `/`.
 */
export function denies(patterns: readonly string[]): (relative: string) => boolean {
  for (const pattern of patterns) {
    if (pattern === "" || pattern.includes("/")) {
      throw new TypeError(`deny pattern ${JSON.stringify(pattern)} must be the name of one file or folder`);
    }
  }
  if (patterns.length === 0) return () => false;
  const one = (pattern: string): string => pattern.split(/\*+/).map(escape).join(".*");
  const any = new RegExp(`^(?:${patterns.map(one).join("|")})$`, "isu");
  return (relative) => relative.split("/").some((part) => any.test(part));
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
