import { useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useSearchParams } from "react-router";

import { answersBlind } from "@/api/roles";
import type { Project } from "@/api/types";
import { itemsQuery, projectQuery, type ItemFilters } from "@/labeling/api";
import { t } from "@/language/translate";
import { ItemFilterBar } from "@/review/items/item-filters";
import { ItemPages } from "@/review/items/item-pages";
import { RoundItems } from "@/review/items/round-items";
import { useItemFilters } from "@/review/items/use-item-filters";
import { roundQuery } from "@/training/api";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Ready, ReadyOf } from "@/ui/query";

export default function ItemsPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const [filters, change] = useItemFilters();
  const [params] = useSearchParams();
  const roundId = Number(params.get("round"));
  if (roundId > 0) return <RoundItemsPage project={project} roundId={roundId} />;
  return (
    <Page title={t("Items")} size="xl">
      <Ready query={project} what={t("the project")}>
        {(data) => (
          <>
            <ItemFilterBar filters={filters} classes={data.classes} isBlind={answersBlind(data)} onChange={change} />
            <Items project={data} filters={filters} />
          </>
        )}
      </Ready>
    </Page>
  );
}

function RoundItemsPage({ project, roundId }: { project: UseQueryResult<Project>; roundId: number }) {
  const round = useQuery(roundQuery(roundId));
  return (
    <Page title={t("Items of a round")} size="xl">
      <Ready query={project} what={t("the project")}>
        {(data) => (
          <ReadyOf project={data} query={round} what={t("the round")}>
            {(one) => <RoundItems project={data} round={one} />}
          </ReadyOf>
        )}
      </Ready>
    </Page>
  );
}

function Items({ project, filters }: { project: Project; filters: ItemFilters }) {
  const query = useInfiniteQuery(itemsQuery(project.id, filters));
  return <ItemPages project={project} query={query} hint={t("Loosen the filters above, or import items on the Data page.")} />;
}
