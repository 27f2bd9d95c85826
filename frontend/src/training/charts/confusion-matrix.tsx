import { Text } from "@mantine/core";
import { Link } from "react-router";

import { plural, t } from "@/language/translate";
import styles from "@/training/charts/cells.module.css";
import { count, percent } from "@/ui/format";
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
        <table className={styles.matrix} role="grid" aria-label={plural(n, "Confusion matrix of {n} classes", "Confusion matrix of {n} classes", { n })} onKeyDown={roving.onKeyDown}>
          <thead>
            <tr>
              <th scope="col">
                <Text span size="xs" c="dimmed">
                  {t("truth, said")}
                </Text>
              </th>
              {names.map((name, said) => (
                <th key={said} scope="col" title={name} dir="auto">
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
                  <th scope="row" title={names[truth]} dir="auto">
                    {names[truth]}
                  </th>
                  {row.map((value, said) => {
                    const share = total === 0 ? 0 : value / total;
                    const says = plural(
                      value,
                      "Truth {truth}, said {said}: {n} item ({share} of the row)",
                      "Truth {truth}, said {said}: {n} items ({share} of the row)",
                      { truth: names[truth] ?? "", said: names[said] ?? "", n: count(value), share: percent(total === 0 ? null : share) },
                    );
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
          {t("A cell opens its items; the arrow keys walk from cell to cell.")}
        </Text>
      )}
    </>
  );
}
