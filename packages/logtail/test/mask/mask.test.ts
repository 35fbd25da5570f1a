import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Masker } from "../../src/mask/masker.ts";

const masker = new Masker();
const many = (text: string, length: number) => text.repeat(length).slice(0, length);
const A36 = many("a1B2c3D4", 36);
// Put together here, so that no scanner of repositories takes them for real.
const SECRETS: readonly (readonly [string, string])[] = [
  [`token ghp_${A36} used`, "token ghp_[masked] used"],
  [`ghs_${A36}`, "ghs_[masked]"],
  [`{"m":"x\\nghp_${A36}"}`, '{"m":"x\\nghp_[masked]"}'],
  [`github_pat_${many("11ABCDEFG0_", 60)}`, "github_pat_[masked]"],
  [`glpat-${many("aB3-", 20)}`, "glpat-[masked]"],
  [`xoxb-${"123456789012-abcdefghijkl"}`, "xoxb-[masked]"],
  [
    `https://hooks.slack.com/services/${"T00000000/B00000000/abcdefghijklmnop"}`,
    "https://hooks.slack.com/services/[masked]",
  ],
  [`using sk_live_${many("4eC39HqL", 24)}.`, "using sk_live_[masked]."],
  [`rk_test_${many("4eC39HqL", 24)}`, "rk_test_[masked]"],
  [`sk-${many("a1B2c3D4", 48)}`, "sk-[masked]"],
  [`sk-proj-${many("a1B2-_D4", 60)}`, "sk-proj-[masked]"],
  [`x sk-ant-api03-${many("a1B2-_D4", 90)} y`, "x sk-ant-[masked] y"],
  [`npm_${A36}`, "npm_[masked]"],
  [`AIza${many("SyA1-_b", 35)}`, "AIza[masked]"],
  [`AKIA${"IOSFODNN7EXAMPLE"}`, "AKIA[masked]"],
  [`jwt eyJhbGciOiJIUzI1NiJ9.${"eyJzdWIiOiIxMjM0In0"}.abc_-123 ok`, "jwt eyJ[masked] ok"],
  ["curl -H 'Authorization: Bearer abc.def-123'", "curl -H 'Authorization: Bearer [masked]'"],
  ["sent bearer abcdefgh12345678 to it", "sent bearer [masked] to it"],
  ["Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [masked]"],
  ['"Cookie": "a=b; c=d"', '"Cookie": "[masked]"'],
  ["Set-Cookie: sid=abc; Path=/", "Set-Cookie: [masked]"],
  ["postgres://app:s3cr3t@db:5432/x", "postgres://app:[masked]@db:5432/x"],
  ["redis://:p%40ss@cache/0", "redis://:[masked]@cache/0"],
  ["password=hunter2 user=bob", "password=[masked] user=bob"],
  ["DB_PASSWORD=hunter2", "DB_PASSWORD=[masked]"],
  ["passwd: 'hunter two'", "passwd: '[masked]'"],
  ['{"password":"hun\\"ter2","a":1}', '{"password":"[masked]","a":1}'],
  ['{\\"client_secret\\":\\"abc\\",\\"a\\":1}', '{\\"client_secret\\":\\"[masked]\\",\\"a\\":1}'],
  ["api_key: 12ab34", "api_key: [masked]"],
  ["X-Api-Key: abcdef0123", "X-Api-Key: [masked]"],
  ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [masked]"],
  ["GET /x?token=abc12345&b=1", "GET /x?token=[masked]&b=1"],
  ["GET /x?access_token=abcdefgh&b=1", "GET /x?access_token=[masked]&b=1"],
  ["secret=abc", "secret=[masked]"],
  ['{"u":"postgres:\\/\\/app:s3cr3t@db\\/x"}', '{"u":"postgres:\\/\\/app:[masked]@db\\/x"}'],
  ['{"a":"Bearer abc123.def\\/ghi456\\/jkl789"}', '{"a":"Bearer [masked]"}'],
  [
    `{"s":"https:\\/\\/hooks.slack.com\\/services\\/${"T00000000\\/B00000000\\/abcdefghijklmnop"}"}`,
    '{"s":"https:\\/\\/hooks.slack.com\\/services\\/[masked]"}',
  ],
  ['{"u":"/x?a=b\\u0026sig=abcdefghijklmnop\\u0026c=d"}', '{"u":"/x?a=b&sig=[masked]&c=d"}'],
  ['{"q":"user\\u003dbob\\u0026password\\u003dhunter2"}', '{"q":"user=bob&password=[masked]"}'],
  ['{"q":"pass\\u0077ord=hunter2"}', '{"q":"password=[masked]"}'],
  [`{"t":"gh\\u0070_${A36}"}`, '{"t":"ghp_[masked]"}'],
  ['{"m":"{\\"password\\":\\"hun\\\\\\"ter2\\",\\"a\\":1}"}', '{"m":"{\\"password\\":\\"[masked]\\",\\"a\\":1}"}'],
  ['{"h":"Cookie: a=b; c=\\"d\\"; e=f"}', '{"h":"Cookie: [masked]"}'],
  ['{"m":"{\\"Cookie\\":\\"a=b\\",\\"x\\":1}"}', '{"m":"{\\"Cookie\\":\\"[masked]\\",\\"x\\":1}"}'],
  ['{"m":"a\\nAuthorization: Basic dXNlcjpwYXNz\\nb"}', '{"m":"a\\nAuthorization: Basic [masked]\\nb"}'],
  ["run --db-password hunter2 --token abc x", "run --db-password [masked] --token [masked] x"],
  [
    "-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY----- x",
    "-----BEGIN RSA PRIVATE KEY-----[masked]-----END RSA PRIVATE KEY----- x",
  ],
  ['"-----BEGIN PRIVATE KEY-----\\nMIIabc\\n"', '"-----BEGIN PRIVATE KEY-----[masked]"'],
];
const ORDINARY: readonly string[] = [
  "request 550e8400-e29b-41d4-a716-446655440000 done",
  "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "SyntaxError: Unexpected token } in JSON at position 12",
  "parser: token=IDENT line=3",
  "token: '<' not expected",
  "max_tokens=1024 tokens: 512 prompt_tokens=12",
  "Failed password for root from 10.0.0.1 port 22",
  "password: incorrect",
  "password=*** secret=<redacted> token=[masked]",
  "token expired for user bob",
  "key=user:42 cache hit, sort key: name",
  "monkey=banana compass=north pass: 12 fail: 0 pass=12",
  "task-runner disk-usage-of-the-whole-machine sk-learn",
  "the basic authentication scheme and bearer of news",
  "https://example.com:8080/a@b and http://host/path",
  "author: Jane Doe, authority=example.com",
  "keyboard: qwerty secretary: Ann",
  "GET /api/tokens/list?page=2 200",
  "eyJustAWord and AKIAN words, npm_config_loglevel=warn",
  "session opened for user root(uid=0) by (uid=0)",
  "session=4 sid=12",
  '{"a":"x \\u0026 y \\u003c b"}',
  "usage: --password --token=<value> --secret",
];

describe("secrets", () => {
  it.each(SECRETS)("masks %s", (text, masked) => {
    expect(masker.mask(text)).toBe(masked);
  });

  it.each(ORDINARY)("leaves %s", (text) => {
    expect(masker.mask(text)).toBe(text);
  });

  it("does not change what is masked", () => {
    for (const [, masked] of SECRETS) expect(masker.mask(masked)).toBe(masked);
    const word = fc.constantFrom(...SECRETS.map(([text]) => text), "=", ":", " ", '"', "password", "token", "://", "@");
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const once = masker.mask(words.join(""));
        expect(masker.mask(once)).toBe(once);
      }),
    );
  });

  it("adds what its owner says, overlapping ranges once", () => {
    const own = new Masker({
      patterns: [
        () => [
          [4, 6],
          [0, 5],
          [8, 8],
        ],
      ],
    });
    expect(own.mask("abcdefghij")).toBe("[masked]ghij");
    expect(new Masker({ enabled: false, patterns: [() => [[0, 1]]] }).mask("password=x")).toBe("password=x");
  });
});

describe("keys over several lines", () => {
  const body = many("aB3/", 64);

  it("are masked line by line, and what follows is not", () => {
    const mask = masker.lines();
    const lines = [
      "-----BEGIN RSA PRIVATE KEY-----",
      "Proc-Type: 4,ENCRYPTED",
      "",
      body,
      "aB3=",
      "-----END RSA PRIVATE KEY-----",
      "abc",
    ];
    expect(lines.map(mask)).toEqual([lines[0], "[masked]", "", "[masked]", "[masked]", `[masked]${lines[5]}`, "abc"]);
  });

  it("end with a line that is no part of one", () => {
    const mask = masker.lines();
    expect(["-----BEGIN PRIVATE KEY-----", "no key: at all", "abc"].map(mask)).toEqual([
      "-----BEGIN PRIVATE KEY-----",
      "no key: at all",
      "abc",
    ]);
  });

  // Of the length and look of what OpenSSH, PEM and others write, and no key of anybody.
  const random = many("x3nQp7/VbT2kLz0AAAABmJ9+wEeR5uYcH8sDfG1oNtI6", 128);
  it.each([
    body,
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW",
    "KAAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMZIBDAcp3ostixU",
    "7FyuRccWTCcHv4B/Z7depC/APT4nSuK3lpb/jk6FsUAQ/RJwWLpWOz/+nSvlj0008oOv9t",
    ...[40, 48, 64, 70, 72, 76, 128].map((length) => random.slice(0, length)),
    `${random.slice(0, 43)}=`,
    `${random.slice(0, 42)}==`,
  ])("are known by one line of them: %s", (line) => {
    expect(masker.mask(line)).toBe("[masked]");
    expect(masker.lines()(line)).toBe("[masked]");
    expect(masker.mask(`above\r\n  ${line}\r\nbelow`)).toBe("above\r\n  [masked]\r\nbelow");
  });

  it("are known where their first line was not read", () => {
    const lines = [random.slice(0, 70), random.slice(20, 90), "-----END OPENSSH PRIVATE KEY-----", "abc"];
    expect(lines.map(masker.lines())).toEqual(["[masked]", "[masked]", lines[2], "abc"]);
  });

  it.each([
    many("9f86d081884c7d65", 64),
    many("9F86D081884C7D65", 40),
    "550e8400e29b41d4a716446655440000550e8400e29b41d4",
    many("abcdefgh12", 64),
    "Users/Bob/Library/Caches/Npm2/Modules/Index/Main",
    "/opt/App2/Home/lib/Modules/Server/Client/Main/Test",
    random.slice(0, 39),
    `${random.slice(0, 128)}x3`,
    `at ${random.slice(0, 64)}`,
  ])("are not taken for %s", (line) => {
    expect(masker.mask(line)).toBe(line);
  });
});

it.each([
  ["eyJ", 300_000],
  ["eyJaaaaaaaa.", 60_000],
  ["://a:", 200_000],
  ["://:", 200_000],
  ["password", 100_000],
  ['password="', 100_000],
  ["password=(", 100_000],
  ["token: ", 100_000],
  ["-----BEGIN PRIVATE KEY-----", 5_000],
  ["bearer ", 100_000],
  ["sk-", 200_000],
  ["ghp_a", 200_000],
  ["cookie: ", 100_000],
  ["authorization", 100_000],
  ["pass\\", 100_000],
  ['password=\\"\\\\"', 50_000],
  ['cookie: \\"a', 50_000],
  [":\\/\\/a:", 100_000],
  ["\\u0026", 100_000],
  ["--a-password ", 60_000],
  ["--a-", 200_000],
  ["key=", 60_000],
  ["session_id=[", 30_000],
  ["bearer \\/", 60_000],
])("masks a long line of %j in time that does not explode", (piece, times) => {
  masker.mask(piece.repeat(times));
});
