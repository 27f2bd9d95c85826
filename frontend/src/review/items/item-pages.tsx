import { Button, Center, Text } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";

import type { Item, Page, Project, RoundItem } from "@/api/types";
import { t } from "@/language/translate";
import { ItemGrid } from "@/review/items/item-grid";
import { ItemTable } from "@/review/items/item-table";
import { Empty, Failed, Loading } from "@/ui/states";

interface Props {
  project: Project;
  query: UseInfiniteQueryResult<InfiniteData<Page<Item | RoundItem>>>;
  /** What to do where there are none. */
  hint: string;
}

/** Items as far as they are loaded, and a button for more. */
export function ItemPages({ project, query, hint }: Props) {
  if (query.isPending) return <Loading what={t("the items")} />;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  const items = query.data.pages.flatMap((page) => page.results);
  if (items.length === 0) {
    return (
      <Empty title={t("No items match")}>
        <Text c="dimmed">{hint}</Text>
      </Empty>
    );
  }
  const List = project.item_type === "image" ? ItemGrid : ItemTable;
  return (
    <>
      <List project={project} items={items} />
      {query.hasNextPage && (
        <Center my="md">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("Show more")}
          </Button>
        </Center>
      )}
    </>
  );
}
