import { MASKED } from "./masked.ts";

interface Kind {
  /** Group 1, where there is one, is what stays; all after it is masked. */
  readonly pattern: RegExp;
  /** Whether what would be masked is one, where the pattern alone does not tell. */
  readonly secret?: (value: string) => boolean;
}

// Every unbounded repetition starts at a place that no other start can run over again, so each pattern is linear.
const TOKENS: readonly Kind[] = [
  { pattern: /(gh[opsur]_)[A-Za-z0-9]{30,255}/g },
  { pattern: /(github_pat_)[A-Za-z0-9_]{22,255}/g },
  { pattern: /(gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-)[\w-]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])(xox[a-z]-|xapp-)[A-Za-z0-9-]{10,255}/g },
  { pattern: /(hooks\.slack\.com\\{0,3}\/(?:services|workflows|triggers)\\{0,3}\/)[\w/\\]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])(sk-ant-|sk-proj-|sk-svcacct-|sk-admin-|sk-or-)[\w-]{16,512}/g },
  { pattern: /(?<![A-Za-z0-9_-])(sk-)(?=[A-Za-z0-9]{0,255}\d)[A-Za-z0-9]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])([rs]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{10,255}/g },
  { pattern: /(npm_)[A-Za-z0-9]{36,255}/g },
  { pattern: /(AIza)[\w-]{35}/g },
  { pattern: /(?<![A-Za-z0-9])(ya29\.)[\w-]{20,1024}/g },
  { pattern: /(GOCSPX-)[\w-]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])(AKIA|ASIA|ABIA|ACCA)(?=[A-Z2-7]{0,15}\d)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { pattern: /(?<![\w-])(eyJ)[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g },
  { pattern: /(?<![A-Za-z0-9])(hf_)[A-Za-z0-9]{30,255}/g },
  { pattern: /(?<![A-Za-z0-9])(SG\.)[\w-]{16,64}\.[\w-]{16,64}/g },
  { pattern: /(pypi-)AgE[\w-]{50,512}/g },
  { pattern: /(do[opr]_v1_)[a-f0-9]{64}/g },
  {
    pattern: /((?:\b|(?<=\\[nrt]))bearer\s{1,4})(?:[\w.~+/-]|\\\/){8,}=*/gi,
    secret: (value) => /\d|[.+/~]/.test(value) || value.length > 20,
  },
  {
    pattern: /((?:\b|(?<=\\[nrt]))basic\s{1,4})(?:[A-Za-z0-9+/]|\\\/){8,}={0,2}/gi,
    secret: (value) => value.endsWith("=") || mixed(value),
  },
  { pattern: /(:(?:\\{0,3}\/){2}[^\s:/@"'<>?#]{0,256}:)(?!\[masked\])[^\s/@"'<>]{1,512}(?=@)/g },
  {
    pattern:
      /(--(?:[\w-]{1,40}-)?(?:password|passwd|token|secret|api-key|access-key)\s{1,4})(?!\[masked\])[^\s"'=-][^\s"']*/gi,
  },
  { pattern: /([?&;](?:sig|signature|x-amz-signature|x-amz-security-token|code|access_token|auth)=)[^\s&"'<>]{12,}/gi },
];

/** Its value goes on over quotes that are escaped, unless it stands between such. */
const HEADER =
  /((?:\b|(?<=\\[nrt]))(?:(?:proxy-)?authorization(?:\\{0,3}["'])?\s{0,4}[:=]\s{0,4}(?:(\\{1,3}["'])|["'])?(?:[a-z]{1,16}\s{1,4})?|(?:set-)?cookie(?:\\{0,3}["'])?\s{0,4}[:=]\s{0,4}(?:(\\{1,3}["'])|["'])?))([^\s"'\\](?:[^"'\r\n\\]|\\[^nr])*)/gi;

/** Masks tokens that are known by their looks, or by the word before them. */
export function maskTokens(text: string): string {
  let masked = text;
  for (const { pattern, secret } of TOKENS) {
    masked = masked.replace(pattern, (found: string, kept: string) => {
      if (secret !== undefined && !secret(found.slice(kept.length))) return found;
      return kept + MASKED;
    });
  }
  return masked;
}

/** Masks the values of authorization and cookie headers. */
export function maskHeaders(text: string): string {
  if (!/authorization|cookie/i.test(text)) return text;
  return text.replace(HEADER, (found, kept: string, one?: string, other?: string, rest = "") => {
    if (rest.startsWith(MASKED)) return found;
    const end = (one ?? other) === undefined ? -1 : rest.indexOf("\\");
    return kept + MASKED + (end < 0 ? "" : rest.slice(end));
  });
}

/** Whether both digits and letters are in it. */
export function mixed(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value);
}
