import { Writable } from "node:stream";

/**
 * Takes stdout for the protocol: the stream that is returned writes there, and whatever else in this process writes to
 * `process.stdout` lands on stderr.
 */
export function takeStdout(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout) as (chunk: Uint8Array, done: (error?: Error | null) => void) => boolean;
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  const own = new Writable({
    decodeStrings: true,
    write: (chunk: Buffer, _encoding, done) => void write(chunk, done),
  });
  stdout.on("error", (error) => own.destroy(error));
  return own;
}

/** Resolves when all that was written has left the process, or cannot leave it any more. */
export function flushed(stream: Writable): Promise<void> {
  return stream.destroyed ? Promise.resolve() : new Promise((resolve) => void stream.write("", () => resolve()));
}
