import { Button, Center, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import type { Project } from "@/api/types";
import { itemsQuery, projectQuery, type ItemFilters } from "@/labeling/api";
import { ItemFilterBar } from "@/review/items/item-filters";
import { ItemGrid } from "@/review/items/item-grid";
import { ItemTable } from "@/review/items/item-table";
import { useItemFilters } from "@/review/items/use-item-filters";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready } from "@/ui/query";
import { Empty, Failed, Loading } from "@/ui/states";

export default function ItemsPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const [filters, change] = useItemFilters();
  return (
    <Page title="Items" size="xl">
      <Ready query={project} what="the project">
        {(data) => (
          <>
            <ItemFilterBar filters={filters} classes={data.classes} onChange={change} />
            <Items project={data} filters={filters} />
          </>
        )}
      </Ready>
    </Page>
  );
}

function Items({ project, filters }: { project: Project; filters: ItemFilters }) {
  const query = useInfiniteQuery(itemsQuery(project.id, filters));
  if (query.isPending) return <Loading what="the items" />;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  const items = query.data.pages.flatMap((page) => page.results);
  if (items.length === 0) {
    return (
      <Empty title="No items match">
        <Text c="dimmed">Loosen the filters above, or import items on the Data page.</Text>
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
            Show more
          </Button>
        </Center>
      )}
    </>
  );
}
