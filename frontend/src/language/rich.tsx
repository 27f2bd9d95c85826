import { Fragment, type ReactNode } from "react";

import { found, type Names } from "@/language/translate";

/** A sentence with parts that are not text: rich("Read {guide} first.", { guide: <Link .../> }). */
export function rich<Text extends string>(
  text: string extends Text ? never : Text,
  parts: Record<Names<Text>, ReactNode>,
): ReactNode {
  return found(text)
    .split(/\{(\w+)\}/)
    .map((piece, at) => <Fragment key={at}>{at % 2 ? (parts as Record<string, ReactNode>)[piece] : piece}</Fragment>);
}
