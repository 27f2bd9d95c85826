import { Button, Center, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link, useSearchParams } from "react-router";

import type { DiffItem, Project, Round, RoundDiff } from "@/api/types";
import { plural, t } from "@/language/translate";
import { LabelCell } from "@/review/items/label-cell";
import { roundDiffItemsQuery, roundDiffQuery, type DiffCell } from "@/training/api";
import styles from "@/training/charts/cells.module.css";
import { ClassTag } from "@/ui/class-tag";
import { Figure } from "@/ui/figure";
import { count, percent } from "@/ui/format";
import { TextLink } from "@/ui/link";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { Failed, Loading } from "@/ui/states";
import { useRoving } from "@/ui/use-roving";

interface Props {
  project: Project;
  left: Round;
  right: Round;
  names: readonly [string, string];
}

const NONE = "none";

/** What two rounds accepted, against each other: counts, a table class by class, and the items behind its cells. */
export function DiffPanel({ project, left, right, names }: Props) {
  const diff = useQuery(roundDiffQuery(project.id, left.id, right.id));
  const [params] = useSearchParams();
  const cell = cellOf(params);
  return (
    <Panel
      title={t("Pseudo-labels against each other")}
      note={t("What each round accepted, published or not. Rows are the left, columns the right; shaded by the share of the row")}
    >
      <Ready query={diff} what={t("the difference")}>
        {(data) => (
          <Stack>
            <SimpleGrid cols={{ base: 2, sm: 4 }}>
              <Figure name={t("Same class in both")} value={count(data.n_same)} note={shareOf(data, data.n_same)} />
              <Figure name={t("Different classes")} value={count(data.n_different)} note={shareOf(data, data.n_different)} />
              <Figure name={t("Only {round}", { round: names[0] })} value={count(data.n_left_only)} note={shareOf(data, data.n_left_only)} />
              <Figure name={t("Only {round}", { round: names[1] })} value={count(data.n_right_only)} note={shareOf(data, data.n_right_only)} />
            </SimpleGrid>
            {data.cells.length === 0 ? (
              <Text size="sm" c="dimmed">
                {t("Neither round accepted anything, so there is nothing to hold against each other.")}
              </Text>
            ) : (
              <DiffTable project={project} diff={data} names={names} />
            )}
            {cell && <CellItems project={project} left={left} right={right} names={names} cell={cell} />}
          </Stack>
        )}
      </Ready>
    </Panel>
  );
}

function shareOf(diff: RoundDiff, n: number): string {
  const all = diff.n_same + diff.n_different + diff.n_left_only + diff.n_right_only;
  return all === 0 ? "" : plural(all, "{share} of {n} item", "{share} of {n} items", { share: percent(n / all), n: count(all) });
}

/** The cell that the address names: a class id or "none" on each side. */
function cellOf(params: URLSearchParams): DiffCell | undefined {
  const of = (name: string) => (Number(params.get(name)) > 0 ? Number(params.get(name)) : undefined);
  const cell = { left_class: of("left_class"), right_class: of("right_class") };
  return cell.left_class === undefined && cell.right_class === undefined ? undefined : cell;
}

const nameOf = (project: Project, id: number | null) =>
  id === null ? t("not accepted") : (project.classes.find((one) => one.id === id)?.name ?? t("class {id}", { id }));

function DiffTable({ project, diff, names }: { project: Project; diff: RoundDiff; names: readonly [string, string] }) {
  const [params] = useSearchParams();
  const found = new Set(diff.cells.flatMap((cell) => [cell.left_id, cell.right_id]));
  // The project's order; "not accepted" last.
  const sides = [...project.classes.map((one) => one.id).filter((id) => found.has(id)), null];
  const counts = new Map(diff.cells.map((cell) => [`${cell.left_id},${cell.right_id}`, cell.n]));
  const roving = useRoving(sides.length, sides.length);
  const isNarrow = sides.length > 7;
  const address = (left: number | null, right: number | null) => {
    const next = new URLSearchParams(params);
    next.set("left_class", String(left ?? NONE));
    next.set("right_class", String(right ?? NONE));
    return `?${next.toString()}`;
  };
  return (
    <div>
      <div style={{ overflow: "auto", maxHeight: 620 }}>
        <table className={styles.matrix} role="grid" aria-label={t("What {left} and {right} accepted", { left: names[0], right: names[1] })} onKeyDown={roving.onKeyDown}>
          <thead>
            <tr>
              <th scope="col">
                <Text span size="xs" c="dimmed">
                  {t("left, right")}
                </Text>
              </th>
              {sides.map((id) => (
                <th key={id} scope="col" title={nameOf(project, id)} dir="auto">
                  <span className={isNarrow ? styles.upright : undefined}>{nameOf(project, id)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sides.map((left, row) => {
              const total = sides.reduce<number>((sum, right) => sum + (counts.get(`${left},${right}`) ?? 0), 0);
              return (
                <tr key={left}>
                  <th scope="row" title={nameOf(project, left)} dir="auto">
                    {nameOf(project, left)}
                  </th>
                  {sides.map((right, column) => {
                    const n = counts.get(`${left},${right}`) ?? 0;
                    const says = plural(n, "{left} {left_class}, {right} {right_class}: {n} item", "{left} {left_class}, {right} {right_class}: {n} items", {
                      left: names[0],
                      left_class: nameOf(project, left),
                      right: names[1],
                      right_class: nameOf(project, right),
                      n: count(n),
                    });
                    const about = {
                      className: styles.inner,
                      title: says,
                      "aria-label": says,
                      "data-cell": `${row},${column}`,
                      tabIndex: roving.tabIndex(row, column),
                      onFocus: () => roving.onFocus(row, column),
                    };
                    return (
                      <td key={right} className={styles.cell} style={{ "--share": total === 0 ? 0 : n / total } as React.CSSProperties}>
                        {n > 0 ? (
                          <Link to={address(left, right)} preventScrollReset {...about}>
                            {count(n)}
                          </Link>
                        ) : (
                          <span role="img" {...about} />
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
      <Text size="xs" c="dimmed" mt="xs">
        {t("A cell opens its items; the arrow keys walk from cell to cell.")}
      </Text>
    </div>
  );
}

function CellItems({ project, left, right, names, cell }: Props & { cell: DiffCell }) {
  const query = useInfiniteQuery(roundDiffItemsQuery(project.id, left.id, right.id, cell));
  const heading = useRef<HTMLHeadingElement>(null);
  const place = `${cell.left_class},${cell.right_class}`;
  useEffect(() => heading.current?.scrollIntoView({ block: "nearest" }), [place]);
  const title = t("{left}: {left_class}; {right}: {right_class}", {
    left: names[0],
    left_class: nameOf(project, cell.left_class ?? null),
    right: names[1],
    right_class: nameOf(project, cell.right_class ?? null),
  });
  if (query.isPending) return <Loading what={t("the items of the cell")} />;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  const items = query.data.pages.flatMap((page) => page.results);
  return (
    <section aria-label={t("Items of the cell")}>
      <Text component="h3" fw={600} size="sm" ref={heading} dir="auto">
        {title}
      </Text>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("No item is in this cell.")}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={680}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("Item")}</Table.Th>
                <Table.Th>{names[0]}</Table.Th>
                <Table.Th>{names[1]}</Table.Th>
                <Table.Th>{t("Label now")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((item) => (
                <Table.Tr key={item.id}>
                  <Table.Td maw={420}>
                    <Group gap="xs" wrap="nowrap">
                      {item.image && <img src={item.image.thumbnail_url} alt="" loading="lazy" width={36} height={36} style={{ objectFit: "contain" }} />}
                      <div style={{ minWidth: 0 }}>
                        <TextLink size="sm" to={`/projects/${project.id}/items/${item.id}`}>
                          {item.key}
                        </TextLink>
                        {item.text !== null && (
                          <Text size="xs" c="dimmed" lineClamp={2} dir="auto">
                            {item.text}
                          </Text>
                        )}
                      </div>
                    </Group>
                  </Table.Td>
                  <Table.Td>
                    <Said project={project} said={item.left} />
                  </Table.Td>
                  <Table.Td>
                    <Said project={project} said={item.right} />
                  </Table.Td>
                  <Table.Td>
                    <LabelCell label={item.label} classes={project.classes} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {query.hasNextPage && (
        <Center my="sm">
          <Button variant="default" size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("Show more")}
          </Button>
        </Center>
      )}
    </section>
  );
}

function Said({ project, said }: { project: Project; said: DiffItem["left"] }) {
  if (said === null) {
    return (
      <Text size="sm" c="dimmed">
        {t("made no prediction")}
      </Text>
    );
  }
  const one = project.classes.find((each) => each.id === said.class_id);
  return (
    <Group gap={6}>
      <ClassTag name={one?.name ?? t("class {id}", { id: said.class_id })} colour={one?.colour ?? "#888888"} />
      <Text size="xs" c="dimmed">
        {said.is_accepted ? percent(said.confidence) : t("{confidence}, not accepted", { confidence: percent(said.confidence) })}
      </Text>
    </Group>
  );
}
