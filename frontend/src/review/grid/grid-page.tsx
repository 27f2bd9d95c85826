import { Center } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { useSearchParams } from "react-router";

import type { Project } from "@/api/types";
import { projectQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { claimGrid } from "@/review/api";
import { GridScreen } from "@/review/grid/grid-screen";
import { GridSession, PAGE_SIZES } from "@/review/grid/grid-session";
import { useOutbox } from "@/review/outbox-context";
import { OtherTab } from "@/review/other-tab";
import { useSitting } from "@/review/use-sitting";
import { useIdParam } from "@/ui/id-param";
import { ButtonLink } from "@/ui/link";
import { useDocumentTitle } from "@/ui/page";
import { Ready } from "@/ui/query";
import { Empty, Loading } from "@/ui/states";

const SIZE_NAME = "assay-grid-size";
const DEFAULT_SIZE = 48;

export default function GridPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  useDocumentTitle(t("Grid"));
  return (
    <Ready query={project} what={t("the project")}>
      {(data) => {
        const [first] = data.classes;
        if (data.role === "viewer") return <Instead title={t("You may look at this project, but not answer")} project={data} />;
        if (first === undefined) return <Instead title={t("This project has no classes yet")} project={data} />;
        return <Grid project={data} firstClassId={first.id} />;
      }}
    </Ready>
  );
}

function Grid({ project, firstClassId }: { project: Project; firstClassId: number }) {
  const outbox = useOutbox();
  const [params, setParams] = useSearchParams();
  const { id, lease_seconds: leaseSeconds } = project;
  const asked = Number(params.get("class"));
  const classId = project.classes.some((one) => one.id === asked) ? asked : firstClassId;
  const session = useMemo(
    () =>
      new GridSession(
        { projectId: id, outbox, leaseSeconds, claim: (wanted, n) => claimGrid(id, wanted, n) },
        { classId, size: storedSize() },
      ),
    // The class of the address only begins the sitting; changes of it go to the session below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [id, outbox, leaseSeconds],
  );
  const state = useSyncExternalStore(session.subscribe, session.getState);

  const seat = useSitting({ name: `assay-grid-${id}`, projectId: id, leaseSeconds, outbox, session });

  if (seat.isOurs === undefined) return <Loading what={t("the grid")} />;
  if (!seat.isOurs) return <OtherTab title={t("The grid of this project is open in another tab")} onTakeOver={seat.takeOver} />;
  return (
    <GridScreen
      project={project}
      session={session}
      state={state}
      onClass={(wanted) => {
        session.setClass(wanted);
        setParams({ class: String(wanted) }, { replace: true });
      }}
      onSize={(size) => {
        session.setSize(size);
        storeSize(size);
      }}
    />
  );
}

function Instead({ title, project }: { title: string; project: Project }) {
  return (
    <Center h="100dvh">
      <Empty title={title}>
        <ButtonLink to={`/projects/${project.id}`}>{t("Back to the project")}</ButtonLink>
      </Empty>
    </Center>
  );
}

/** How many a page shows is remembered in this browser; a browser that keeps nothing begins anew. */
function storedSize(): number {
  try {
    const size = Number(window.localStorage.getItem(SIZE_NAME));
    return PAGE_SIZES.includes(size) ? size : DEFAULT_SIZE;
  } catch {
    return DEFAULT_SIZE;
  }
}

function storeSize(size: number): void {
  try {
    window.localStorage.setItem(SIZE_NAME, String(size));
  } catch {
    // It holds for this page then.
  }
}
