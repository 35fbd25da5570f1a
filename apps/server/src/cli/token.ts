import { createHash, randomBytes } from "node:crypto";
import { Failure } from "../config/failure.ts";
import { type Output, styles } from "./output.ts";

/** `plugboard token`: a token of 256 random bits, and what stands for it in the configuration. */
export function makeToken(name: string, output: Output): number {
  if (name === "" || name.length > 100) throw new Failure("The name of a token has 1 to 100 characters.");
  const token = randomBytes(32).toString("base64url");
  const hash = `sha256:${createHash("sha256").update(token).digest("hex")}`;
  const { bold, dim } = styles(output.outIsTerminal);
  output.out(
    `${bold(token)}\n\n${dim("The token, for its holder: it is shown this once. For `http.auth.tokens`:")}\n` +
      `${JSON.stringify({ name, hash, scopes: [] })}\n`,
  );
  return 0;
}
