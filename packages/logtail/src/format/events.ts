/** What an event is made of: a line, as far as grouping is concerned. */
export interface EventLine {
  readonly text: string;
}

/** Lines that belong together, such as a message and its stack trace. */
export interface LogEvent<Item extends EventLine> {
  /** The first ones, up to the bounds; at least one. */
  readonly lines: readonly Item[];
  /** The last line, also when it was omitted. */
  readonly last: Item;
  /** Lines that were left out because of a bound. */
  readonly omitted: number;
  /** Says so, such as `[40 more lines of this event]`; undefined when all lines are there. */
  readonly notice: string | undefined;
}

export interface EventOptions {
  /**
   * How an event starts. `indent` (default): lines that are indented, empty, or known parts of a stack trace (Java,
   * Python, Node, Go, .NET, Ruby, Rust, PHP) belong to the event before them. A function: only what it accepts starts an event.
   */
  readonly start?: "indent" | ((text: string) => boolean);
  /** Lines kept of an event; default 200, at least 1. */
  readonly maxLines?: number;
  /** UTF-16 units kept of an event, in whole lines but at least one; default 65,536. */
  readonly maxLength?: number;
}

/** Starts of lines that only ever go on: causes, ends of inner traces, closing brackets, parts of Go's, Rust's, PHP's and Ruby's dumps. */
const GOES_ON =
  /^(?:Caused by:|Suppressed: |\.\.\. \d|--- End of |at [\w$.<]|During handling of the above exception|The above exception was the direct cause|goroutine \d|created by |\[signal |"?[\])}]{1,4}[,;]?$|Node\.js v\d|stack backtrace:$|note: (?:run with|Some details)|Stack trace:$|\[stacktrace\]$|#\d{1,4} (?:\{main\}$|\S{0,200}[/\\([])|[\w./@~-]{1,200}:\d{1,7}:in [`'][^']{1,200}'$)/;
const TRACEBACK = "Traceback (most recent call last):";
/** `java.lang.IllegalStateException: text`, `ValueError: text`, `KeyError`; also what Python names otherwise. */
const EXCEPTION = /^[A-Za-z_][\w.$]{0,200}(?:: |:?$)/;
const EXCEPTION_NAME = /^(?:[\w$]{1,64}\.){0,12}[\w$]{0,100}(?:Error|Exception|Throwable|Interrupt|Exit)(?::|$)/;
const HEAD = /^[[<{]?\d|^\{|^[A-Z][a-z]{2} [ \d]\d |^[IWEF]\d{4} |^\[?(?:ERROR|FATAL|WARN|WARNING|CRITICAL|SEVERE)\b/;

/** Rust's message stands on the line after. */
const PANICKED = /^thread '.{0,200}' (?:\(\d+\) )?panicked at .{0,300}:$/;

/** A trace that follows such a line was not logged with it. */
const CALM = /\b(?:TRACE|DEBUG|INFO|NOTICE|trace|debug|info|notice)\b/;

type State = "line" | "python" | "after python" | "go" | "node" | "rust";

/** Groups a stream of lines into events. Every line is in exactly one event, or counted as omitted in it. */
export class EventGrouper<Item extends EventLine> {
  readonly #start: "indent" | ((text: string) => boolean);
  readonly #maxLines: number;
  readonly #maxLength: number;
  #lines: Item[] = [];
  #last: Item | undefined;
  #length = 0;
  #omitted = 0;
  #state: State = "line";
  #headed = false;

  constructor(options: EventOptions = {}) {
    this.#start = options.start ?? "indent";
    this.#maxLines = Math.max(1, options.maxLines ?? 200);
    this.#maxLength = options.maxLength ?? 65_536;
  }

  /** Takes the next line; returns the event that it ends, which is the one before it. */
  push(line: Item): LogEvent<Item> | undefined {
    // The bound holds for the part of a line that tells where it belongs, so that no expression runs long.
    const text = line.text.length > 512 ? line.text.slice(0, 512) : line.text;
    const goesOn =
      this.#last !== undefined && (this.#start === "indent" ? this.#goesOn(text) : !this.#start(line.text));
    const ended = goesOn ? undefined : this.flush();
    if (!goesOn) {
      this.#headed = HEAD.test(text) && !CALM.test(text);
      this.#state = stateOf(text);
    }
    if (
      this.#lines.length === 0 ||
      (this.#omitted === 0 && this.#lines.length < this.#maxLines && this.#length + line.text.length <= this.#maxLength)
    ) {
      this.#lines.push(line);
      this.#length += line.text.length;
    } else this.#omitted++;
    this.#last = line;
    return ended;
  }

  /** The event that is not yet ended, at the end of the stream or when it is quiet; undefined when there is none. */
  flush(): LogEvent<Item> | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const omitted = this.#omitted;
    const notice = omitted === 0 ? undefined : `[${omitted} more ${omitted === 1 ? "line" : "lines"} of this event]`;
    const event = { lines: this.#lines, last, omitted, notice };
    this.#lines = [];
    this.#last = undefined;
    this.#length = 0;
    this.#omitted = 0;
    this.#state = "line";
    return event;
  }

  #goesOn(text: string): boolean {
    const first = text.charCodeAt(0);
    if (!(first > 32) || GOES_ON.test(text)) {
      if (text.startsWith("goroutine ")) this.#state = "go";
      else if (text.startsWith("The above exception") || text.startsWith("During handling"))
        this.#state = "after python";
      else if (/^\s+\^+$/.test(text) && this.#state === "line") this.#state = "node";
      return true;
    }
    if (text.startsWith(TRACEBACK) && (this.#headed || this.#state === "after python")) {
      this.#state = "python";
      return true;
    }
    if (this.#state === "python" && EXCEPTION.test(text)) {
      this.#state = "line";
      return true;
    }
    if (this.#state === "go") {
      const call = /^[\w.*/()$[\]-]{1,200}\(.{0,300}\)$/.test(text) || text.startsWith("exit status ");
      if (!call) this.#state = "line";
      return call;
    }
    if (this.#state === "rust") {
      this.#state = "line";
      return true;
    }
    // JSON over several lines belongs to what announces it.
    if ((text === "{" || text === "[") && this.#lines.length === 1 && this.#omitted === 0)
      return this.#headed || /[:=]\s?$/.test(this.#last?.text.slice(-2) ?? "");
    if (this.#state === "node" || (this.#headed && this.#lines.length === 1 && this.#omitted === 0)) {
      this.#state = "line";
      return EXCEPTION_NAME.test(text);
    }
    return false;
  }
}

function stateOf(text: string): State {
  return text.startsWith(TRACEBACK)
    ? "python"
    : text.startsWith("goroutine ")
      ? "go"
      : PANICKED.test(text)
        ? "rust"
        : "line";
}
