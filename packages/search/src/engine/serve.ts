import { SegmentBuilder } from "./builder.ts";
import type { BuildOptions, BuiltSegment } from "./builder.ts";
import type { IndexDocument } from "./types.ts";

export type BuildRequest =
  | { readonly type: "begin"; readonly options: BuildOptions }
  | { readonly type: "add"; readonly documents: readonly IndexDocument[] }
  | { readonly type: "finish" }
  | { readonly type: "discard" };

/** One for each request. */
export type BuildAnswer =
  | { readonly type: "done" }
  | { readonly type: "built"; readonly segment: BuiltSegment }
  | { readonly type: "failed"; readonly message: string };

/** The thread's side: builds one segment at a time. */
export class BuildServer {
  #builder: SegmentBuilder | undefined;

  answer(request: BuildRequest): BuildAnswer {
    try {
      if (request.type === "begin") this.#builder = new SegmentBuilder(request.options);
      else if (request.type === "discard") this.#builder = undefined;
      else if (request.type === "add") for (const document of request.documents) this.#builder?.add(document);
      else if (this.#builder) {
        const segment = this.#builder.finish();
        this.#builder = undefined;
        return { type: "built", segment };
      }
      return { type: "done" };
    } catch (error) {
      this.#builder = undefined;
      return { type: "failed", message: String(error) };
    }
  }
}
