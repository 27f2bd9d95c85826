import { Text } from "@mantine/core";
import { Link } from "react-router";

import styles from "@/training/charts/cells.module.css";
import { counted, percent } from "@/ui/format";
import { useRoving } from "@/ui/use-roving";

interface Props {
  confusion: readonly (readonly number[])[];
  names: readonly string[];
  /** Where the items of a cell are listed; undefined: nowhere. */
  addressOf?: (truth: number, said: number) => string;
}

/** Rows are the truth, columns what the model said; shaded by the share of the row. Cells open their items. */
export function ConfusionMatrix({ confusion, names, addressOf }: Props) {
  const n = names.length;
  const roving = useRoving(n, n);
  const isNarrow = n > 6 || names.some((name) => name.length > 9);
  return (
    <>
      <div style={{ overflow: "auto", maxHeight: 620 }}>
        <table className={styles.matrix} role="grid" aria-label={`Confusion matrix of ${n} classes`} onKeyDown={roving.onKeyDown}>
          <thead>
            <tr>
              <th scope="col">
                <Text span size="xs" c="dimmed">
                  truth, said
                </Text>
              </th>
              {names.map((name, said) => (
                <th key={said} scope="col" title={name}>
                  <span className={isNarrow ? styles.upright : undefined}>{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, truth) => {
              const total = row.reduce((sum, value) => sum + value, 0);
              return (
                <tr key={truth}>
                  <th scope="row" title={names[truth]}>
                    {names[truth]}
                  </th>
                  {row.map((value, said) => {
                    const share = total === 0 ? 0 : value / total;
                    const says = `Truth ${names[truth]}, said ${names[said]}: ${counted(value, "item")} (${percent(total === 0 ? null : share)} of the row)`;
                    const about = {
                      className: styles.inner,
                      title: says,
                      "aria-label": says,
                      "data-cell": `${truth},${said}`,
                      tabIndex: roving.tabIndex(truth, said),
                      onFocus: () => roving.onFocus(truth, said),
                    };
                    return (
                      <td key={said} className={styles.cell} style={{ "--share": share } as React.CSSProperties}>
                        {value > 0 && addressOf ? (
                          <Link to={addressOf(truth, said)} {...about}>
                            {value}
                          </Link>
                        ) : (
                          <span role="img" {...about}>
                            {value === 0 ? "" : value}
                          </span>
                        )}
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {addressOf && (
        <Text size="xs" c="dimmed" mt="xs">
          A cell opens its items; the arrow keys walk from cell to cell.
        </Text>
      )}
    </>
  );
}
