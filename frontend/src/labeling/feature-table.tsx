/** A table row to read: wide ones are filtered by column and pinned columns stay on top; unusual values are lit. */

import { useState } from "react";

import { orderedValues, unusual, useColumns, usePins, type Row } from "@/labeling/columns";
import styles from "@/labeling/item-view.module.css";
import { ITEM_SEARCH } from "@/labeling/stage-control";
import { t } from "@/language/translate";

/** From here on a row is wide enough to be filtered. */
const WIDE = 12;

/** Filter and pins stay for the next item. */
export function FeatureTable({ features }: { features: Row }) {
  const { columns, projectId } = useColumns();
  const { pinned, toggle } = usePins(projectId);
  const [filter, setFilter] = useState("");
  const byName = new Map(columns.map((one) => [one.name, one]));
  const values = orderedValues(features, columns, pinned);
  const wanted = filter.trim().toLowerCase();
  const shown = values.filter(([name]) => pinned.has(name) || name.toLowerCase().includes(wanted));
  const isWide = values.length >= WIDE;

  return (
    <div className={styles.tableReader}>
      {(isWide || filter !== "") && (
        <div className={styles.search}>
          {wanted !== "" && (
            <span role="status">
              {t("{n} of {total} columns", { n: shown.length, total: values.length })}
            </span>
          )}
          <input
            id={ITEM_SEARCH}
            type="search"
            className={styles.searchField}
            placeholder={t("Filter the columns")}
            aria-label={t("Filter the columns by name; Escape goes back to the keys")}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
            onFocus={(event) => event.currentTarget.select()}
            onKeyDown={(event) => {
              if (event.key !== "Escape" && event.key !== "Enter") return;
              event.preventDefault();
              event.currentTarget.blur();
            }}
          />
        </div>
      )}
      <div className={styles.tableFrame} tabIndex={0} role="region" aria-label={t("Features of the item")}>
        <table className={styles.table}>
          <tbody>
            {shown.map(([name, value]) => {
              const why = unusual(value, byName.get(name));
              return (
                <tr key={name} data-pinned={pinned.has(name) || undefined}>
                  {isWide && (
                    <td className={styles.pinCell}>
                      <button
                        type="button"
                        className={styles.pin}
                        aria-pressed={pinned.has(name)}
                        aria-label={t("Keep {name} on top", { name })}
                        title={pinned.has(name) ? t("Do not keep on top") : t("Keep on top")}
                        onMouseDown={(event) => event.preventDefault()}
                        onClick={() => toggle(name)}
                      >
                        {pinned.has(name) ? "★" : "☆"}
                      </button>
                    </td>
                  )}
                  <th scope="row" dir="auto">
                    {name}
                  </th>
                  <td dir="auto">
                    {value === null || value === "" ? (
                      <span className={styles.missing}>{t("missing")}</span>
                    ) : why === undefined ? (
                      String(value)
                    ) : (
                      <>
                        <mark className={styles.unusual}>{String(value)}</mark> <small>{why}</small>
                      </>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {shown.length === 0 && <p className={styles.missing}>{t("No column has “{words}” in its name.", { words: filter.trim() })}</p>}
      </div>
    </div>
  );
}
