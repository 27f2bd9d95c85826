import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { NavLink, Outlet, useLocation } from "react-router";

import { ApiError } from "@/api/client";
import { answersBlind, mayReview } from "@/api/roles";
import type { Project } from "@/api/types";
import { NotFoundPage } from "@/ui/not-found-page";
import styles from "@/app/shell.module.css";
import { projectQuery } from "@/labeling/api";
import { msg, plural, t } from "@/language/translate";
import { N_CASES_COUNTED, waitingQuery } from "@/review/api";
import { count } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { ButtonLink } from "@/ui/link";
import { Ready } from "@/ui/query";

const WAITING_STALE_MS = 30_000;

const TABS = [
  { to: "", title: msg("Overview"), forAnnotators: true },
  { to: "training", title: msg("Training") },
  { to: "compare", title: msg("Compare") },
  { to: "quality", title: msg("Quality") },
  { to: "items", title: msg("Items"), forAnnotators: true },
  { to: "adjudication", title: msg("Adjudication") },
  { to: "publications", title: msg("Publications") },
  { to: "certificates", title: msg("Certificates") },
  { to: "data", title: msg("Data") },
  { to: "settings", title: msg("Settings"), forAnnotators: true },
];

/** Annotators are offered the pages that show them something. */
const tabsOf = (project: Project) => TABS.filter((tab) => !answersBlind(project) || "forAnnotators" in tab);

/** How many disputes and flags wait for the reviewer who looks. */
function Waiting({ project }: { project: Project }) {
  const isReviewer = mayReview(project);
  const waiting = useQuery({ ...waitingQuery(project.id), enabled: isReviewer, staleTime: WAITING_STALE_MS });
  const n = waiting.data?.n_people ?? 0;
  if (!isReviewer || n === 0) return null;
  return (
    <Badge ms={6} size="sm" variant="light" color="orange" tt="none" aria-label={plural(n, "{n} item waiting", "{n} items waiting", { n: count(n) })}>
      {n >= N_CASES_COUNTED ? `${count(n)}+` : count(n)}
    </Badge>
  );
}

/** Where the tabs do not fit, the one of this page is scrolled to. Gives the ref of the bar. */
function useTabInSight(isThere: boolean) {
  const bar = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    if (isThere) bar.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [isThere, pathname]);
  return bar;
}

/** The frame of a project's pages: its name, its tabs, and the way to review. */
export function ProjectLayout() {
  const projectId = useIdParam("projectId");
  const project = useQuery(projectQuery(projectId));
  const tabs = useTabInSight(project.isSuccess);
  const isMissing = project.error instanceof ApiError && (project.error.status === 404 || Number.isNaN(projectId));
  if (isMissing) return <NotFoundPage />;

  return (
    <Ready query={project} what={t("the project")}>
      {(data) => (
        <>
          <nav ref={tabs} className={styles.tabs} aria-label={t("Pages of {project}", { project: data.name })}>
            <span className={styles.projectName} title={data.name} dir="auto">
              {data.name}
            </span>
            {tabsOf(data).map((tab) => (
              <NavLink key={tab.to} to={`/projects/${projectId}${tab.to && `/${tab.to}`}`} end={tab.to === ""} className={styles.tab}>
                {t(tab.title)}
                {tab.to === "adjudication" && <Waiting project={data} />}
              </NavLink>
            ))}
            {data.role !== "viewer" && (
              <span className={styles.reviewTab}>
                <ButtonLink to={`/projects/${projectId}/grid`} size="compact-md" variant="default">
                  {t("Grid")}
                </ButtonLink>
                <ButtonLink to={`/projects/${projectId}/review`} size="compact-md">
                  {t("Review")}
                </ButtonLink>
              </span>
            )}
          </nav>
          <Outlet />
        </>
      )}
    </Ready>
  );
}
