const MARK = /^ {0,3}(`{3,}|~{3,})/;

/** The mark with which a line of Markdown begins or ends a block of code; undefined if it does neither. */
export function fenceMark(line: string): string | undefined {
  return MARK.exec(line)?.[1];
}

/** Whether a mark ends the block that another one has begun: it has the same signs, and no fewer of them. */
export function closesFence(mark: string | undefined, fence: string): boolean {
  return mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length;
}
