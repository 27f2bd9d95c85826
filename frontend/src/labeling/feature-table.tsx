/** A table row to read: wide ones are filtered by column and pinned columns stay on top; unusual values are lit. */

import { useState } from "react";

import { orderedValues, unusual, useColumns, usePins, type Row } from "@/labeling/columns";
import styles from "@/labeling/item-view.module.css";
import { ITEM_SEARCH } from "@/labeling/stage-control";

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
              {shown.length} of {values.length} columns
            </span>
          )}
          <input
            id={ITEM_SEARCH}
            type="search"
            className={styles.searchField}
            placeholder="Filter the columns"
            aria-label="Filter the columns by name; Escape goes back to the keys"
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
      <div className={styles.tableFrame} tabIndex={0} role="region" aria-label="Features of the item">
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
                        aria-label={`Keep ${name} on top`}
                        title={pinned.has(name) ? "Do not keep on top" : "Keep on top"}
                        onMouseDown={(event) => event.preventDefault()}
                        onClick={() => toggle(name)}
                      >
                        {pinned.has(name) ? "★" : "☆"}
                      </button>
                    </td>
                  )}
                  <th scope="row">{name}</th>
                  <td>
                    {value === null || value === "" ? (
                      <span className={styles.missing}>missing</span>
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
        {shown.length === 0 && <p className={styles.missing}>No column has “{filter.trim()}” in its name.</p>}
      </div>
    </div>
  );
}
