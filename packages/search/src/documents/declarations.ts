/** How a family of programming languages names what it declares. */
export interface Language {
  /** A line that declares something; its first group that matched is the name. Compared with the first 200 units of a line. */
  readonly declares: RegExp;
  /** The same inside of what is declared; undefined for languages that only declare at the top. */
  readonly member?: RegExp;
  /** Whether every line at the left margin that declares something begins a part, also without a blank line above. */
  readonly dense?: boolean;
}

const JS: Language = {
  declares:
    /^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:(?:function\b\s*\*?|class|interface|type|enum|namespace|module|const\s+enum|const|let|var)\s+([A-Za-z_$][\w$]*)|(?:describe|test|it)\("([^"]{1,80})")/,
  member:
    /^\s+(?:(?:public|private|protected|static|async|readonly|override|get|set|abstract)\s+)*(?:\*\s*)?(?!(?:if|for|while|switch|catch|return|function|await|super)\b)(#?[A-Za-z_$][\w$]*)\s*(?:<[^<>]{0,60}>)?\([^;]*$/,
};
const PYTHON: Language = {
  declares: /^(?:async\s+)?(?:def|class)\s+(\w+)/,
  member: /^\s+(?:async\s+)?(?:def|class)\s+(\w+)/,
};
const MODIFIERS =
  "(?:(?:public|private|protected|internal|static|final|abstract|sealed|open|override|data|inline|suspend|async|virtual|partial|readonly|unsafe|extern|export|default|fileprivate|mutating|implicit|lazy|case|companion|synchronized|native|transient)\\s+)*";
const TYPES = "(?:class|interface|enum|record|struct|object|trait|protocol|extension|actor|namespace|@interface)";
const JVM: Language = {
  declares: new RegExp(`^${MODIFIERS}(?:(?:${TYPES}\\s+)+|(?:func|fun|def|val|var)\\s+)([\\w.]+)`),
  member: new RegExp(
    `^\\s+${MODIFIERS}(?:(?:${TYPES}\\s+|(?:func|fun|def)\\s+)([\\w.]+)|(?!(?:if|for|while|switch|catch|return|new|else|throw|using|lock)\\b)[\\w.<>,?\\[\\]]{1,80}\\s+(\\w+)\\s*\\([^;]*$)`,
  ),
};
const C: Language = {
  declares:
    /^(?:#define\s+(\w+)|(?:typedef\s+|static\s+|export\s+)*(?:struct|class|enum(?:\s+class)?|union|namespace|template|concept)\s+([\w:]+)|(?!(?:if|for|while|switch|return|else|do|case|using|extern "C")\b)[\w*&:<>,~\s]{1,120}?([\w~:]+)\s*\([^;]*$)/,
};
const GO: Language = { declares: /^(?:func\s+(?:\([^()]{0,80}\)\s*)?(\w+)|(?:type|var|const)\s+(\w+))/ };
const RUST: Language = {
  declares:
    /^(?:pub(?:\([^()]{0,40}\))?\s+)?(?:default\s+|async\s+|unsafe\s+|const\s+|extern\s+"[^"]{0,20}"\s+)*(?:(?:fn|struct|enum|union|trait|mod|type|static|const|macro_rules!)\s+(\w+)|(impl\b[^{]{0,100}))/,
  member: /^\s+(?:pub(?:\([^()]{0,40}\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*(?:fn|mod|struct|enum)\s+(\w+)/,
};
const RUBY: Language = {
  declares: /^(?:def|class|module)\s+([\w.:?!]+)/,
  member: /^\s+(?:def|class|module)\s+([\w.:?!]+)/,
};
const PHP: Language = {
  declares: /^(?:(?:abstract|final|readonly)\s+)*(?:function|class|interface|trait|enum|namespace)\s+([\w\\]+)/,
  member: /^\s+(?:(?:public|private|protected|static|abstract|final)\s+)*function\s+(\w+)/,
};
const SHELL: Language = { declares: /^(?:function\s+([\w:.-]+)|([\w:.-]+)\s*\(\s*\))/ };
const SQL: Language = {
  declares:
    /^(?:create|alter)\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|unique\s+|materialized\s+)?(?:table|view|function|procedure|trigger|index|type|schema|sequence)\s+(?:if\s+not\s+exists\s+)?([\w."`]+)/i,
};
const SECTIONS: Language = { declares: /^\[{1,2}([^[\]]{1,100})\]/, dense: true };
const BY_FAMILY = {
  js: JS,
  python: PYTHON,
  jvm: JVM,
  c: C,
  go: GO,
  rust: RUST,
  ruby: RUBY,
  php: PHP,
  shell: SHELL,
  sql: SQL,
  ini: SECTIONS,
  powershell: { declares: /^(?:function|filter|class)\s+([\w:-]+)/i },
  lua: { declares: /^(?:local\s+)?function\s+([\w.:]+)/ },
  r: { declares: /^([\w.]+)\s*(?:<-|=)\s*function\b/ },
  perl: { declares: /^(?:sub|package)\s+([\w:]+)/ },
  elixir: {
    declares: /^(?:defmodule|defprotocol|defimpl|def|defp|defmacro)\s+([\w.?!]+)/,
    member: /^\s+(?:def|defp|defmacro|defmacrop)\s+([\w.?!]+)/,
  },
  erlang: { declares: /^([a-z]\w*)\(/ },
  haskell: { declares: /^(?:(?:data|newtype|type|class|instance|module)\s+([\w.' ]{1,80})|([a-z_][\w']*)\s*::)/ },
  clojure: {
    declares: /^\((?:defn-?|def|defmacro|defmulti|defmethod|defprotocol|defrecord|deftype|ns)\s+([^\s()[\]]{1,80})/,
  },
  css: { declares: /^((?:[.#@&:*a-zA-Z[])[^{};]{0,100}?)\s*\{/ },
  yaml: { declares: /^([\w./"'-]{1,100}):\s*(?:#.*)?$/, dense: true },
  markup: { declares: /^<(script|style|template|[a-z][\w:-]*\s[^<>]{0,60}?(?:id|name)=["'][^"']{1,60}["'])/i },
  proto: { declares: /^(?:message|service|enum|extend|package)\s+([\w.]+)/ },
  graphql: {
    declares: /^(?:extend\s+)?(?:type|interface|input|enum|union|scalar|directive|query|mutation|fragment)\s+(@?\w+)/,
  },
  terraform: {
    declares: /^((?:resource|data|module|variable|output|provider|locals|terraform)\b[^{=\n]{0,100}?)\s*\{/,
  },
  docker: { declares: /^(FROM\s+\S.{0,100})/i, dense: true },
  make: { declares: /^([\w./%$()-]{1,100})\s*:(?!=)/ },
  other: {
    declares:
      /^(?:function|class|def|fn|func|fun|sub|module|struct|type|interface|enum|trait|proc|let|package)\s+([\w.:]+)/,
  },
} as const satisfies Readonly<Record<string, Language>>;

const EXTENSIONS: Readonly<Record<keyof typeof BY_FAMILY, string>> = {
  js: "ts tsx mts cts js mjs cjs jsx vue svelte astro",
  python: "py pyi pyw bzl",
  jvm: "java kt kts scala sc cs swift dart groovy gradle",
  c: "c h cc cpp cxx hh hpp hxx m mm cu glsl ino",
  go: "go",
  rust: "rs",
  ruby: "rb rake gemspec",
  php: "php",
  shell: "sh bash zsh fish ksh",
  sql: "sql",
  ini: "ini toml cfg conf properties editorconfig",
  powershell: "ps1 psm1",
  lua: "lua",
  r: "r",
  perl: "pl pm",
  elixir: "ex exs",
  erlang: "erl hrl",
  haskell: "hs elm ml mli",
  clojure: "clj cljs cljc edn",
  css: "css scss sass less",
  yaml: "yaml yml",
  markup: "xml xsd xsl svg plist csproj",
  proto: "proto",
  graphql: "graphql gql",
  terraform: "tf tfvars hcl",
  docker: "dockerfile containerfile",
  make: "mk mak makefile gnumakefile",
  other:
    "jsonc json5 zig nim jl cr v sol asm s vim el lisp scm tcl awk bat cmd cmake nix d pas f90 vb fs fsx cmakelists.txt gemfile rakefile jenkinsfile justfile vagrantfile procfile",
};

const FAMILIES: ReadonlyMap<string, Language> = new Map(
  Object.entries(EXTENSIONS).flatMap(([family, names]) =>
    names.split(" ").map((name): [string, Language] => [name, BY_FAMILY[family as keyof typeof BY_FAMILY]]),
  ),
);

/** The language of a file by its name or extension, whatever its case; undefined for what is no code. */
export function languageOf(name: string): Language | undefined {
  const base = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
  const known = FAMILIES.get(base) ?? (base.startsWith("dockerfile.") ? FAMILIES.get("dockerfile") : undefined);
  return known ?? (base.includes(".") ? FAMILIES.get(base.slice(base.lastIndexOf(".") + 1)) : undefined);
}

/** For code whose file has no name that tells its language. */
export const ANY_LANGUAGE: Language = BY_FAMILY.other;
