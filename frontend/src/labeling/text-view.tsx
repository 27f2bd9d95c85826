/** A text to read: long ones scroll, and searched words are lit, in this item and in those that follow; else the weightiest. */

import { useMemo, useRef, useState } from "react";

import styles from "@/labeling/item-view.module.css";
import { textParts, weightyParts, type WeightyWord } from "@/labeling/text-parts";
import { ITEM_SEARCH } from "@/labeling/stage-control";
import { t, tc } from "@/language/translate";
import { count } from "@/ui/format";

/** From here on a text is long enough to be searched; a shorter one is large and in the middle. */
const LONG_CHARS = 300;
const NONE: readonly WeightyWord[] = [];

export function TextView({ itemId, text, weighty = NONE }: { itemId: number; text: string; weighty?: readonly WeightyWord[] }) {
  const [words, setWords] = useState("");
  const at = useRef(-1);
  const body = useRef<HTMLDivElement>(null);
  // What somebody searches for comes before what the model found.
  const parts = useMemo(() => (words.trim() === "" ? weightyParts(text, weighty) : textParts(text, words)), [text, words, weighty]);
  const n_found = parts.filter((one) => one.isFound).length;

  /** Brings the next of the lit words into sight. */
  function next(by: number) {
    const marks = body.current?.querySelectorAll("mark") ?? [];
    if (marks.length === 0) return;
    at.current = (at.current + by + marks.length) % marks.length;
    marks.forEach((one, place) => one.toggleAttribute("data-current", place === at.current));
    marks[at.current]?.scrollIntoView({ block: "center" });
  }

  function onKeyDown(event: React.KeyboardEvent<HTMLInputElement>) {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") event.currentTarget.blur();
    else return;
    event.preventDefault();
  }

  return (
    <div className={styles.reader} data-short={text.length < LONG_CHARS || undefined}>
      {(text.length >= LONG_CHARS || words !== "") && (
        <div className={styles.search}>
          {words.trim() !== "" && <span role="status">{n_found === 0 ? tc("words that were found", "none") : t("{n} found", { n: count(n_found) })}</span>}
          <input
            id={ITEM_SEARCH}
            type="search"
            className={styles.searchField}
            placeholder={t("Search the text")}
            aria-label={t("Search the text; Enter goes to the next place, Escape back to the keys")}
            value={words}
            onChange={(event) => {
              at.current = -1;
              setWords(event.currentTarget.value);
            }}
            onFocus={(event) => event.currentTarget.select()}
            onKeyDown={onKeyDown}
          />
        </div>
      )}
      <div key={itemId} ref={body} className={styles.text} dir="auto" tabIndex={0} role="region" aria-label={t("Text of the item")}>
        {parts.map((part, place) => {
          if (part.isFound) return <mark key={place}>{part.text}</mark>;
          if (part.strength === undefined) return part.text;
          return (
            <span key={place} className={styles.weighty} data-strength={part.strength}>
              {part.text}
            </span>
          );
        })}
      </div>
    </div>
  );
}
