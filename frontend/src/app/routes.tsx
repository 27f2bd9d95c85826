/** The list of screens. Each is a chunk of its own, loaded when it is first opened. */

import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";

import { NotFoundPage } from "@/ui/not-found-page";
import { PageFailed } from "@/app/page-failed";
import { SignedIn } from "@/app/signed-in";
import { t } from "@/language/translate";
import { persistently } from "@/ui/chunks";
import { Loading } from "@/ui/states";

// A component, so that its text is asked for when it is shown.
const Starting = () => <Loading what={t("Assay")} />;

type PageModule = Promise<{ default: ComponentType }>;

const page = (path: string, load: () => PageModule): RouteObject => ({
  path,
  // Until it is there the page before stays, with what is in hand on it.
  lazy: async () => ({ Component: (await persistently(load)).default }),
});

export const router = createBrowserRouter([
  {
    errorElement: <PageFailed />,
    hydrateFallbackElement: <Starting />,
    children: [
      page("/sign-in", () => import("@/app/sign-in-page")),
      {
        element: <SignedIn />,
        children: [
          page("/projects/:projectId/review", () => import("@/review/review-page")),
          page("/projects/:projectId/grid", () => import("@/review/grid/grid-page")),
          {
            lazy: async () => ({ Component: (await persistently(() => import("@/app/shell"))).Shell }),
            children: [
              page("/", () => import("@/labeling/projects-page")),
              page("/projects/new", () => import("@/labeling/new-project/new-project-page")),
              page("/account", () => import("@/labeling/account-page")),
              page("/help", () => import("@/app/help-page")),
              page("/parts", () => import("@/app/health-page")),
              {
                path: "/projects/:projectId",
                lazy: async () => ({ Component: (await persistently(() => import("@/app/project-layout"))).ProjectLayout }),
                children: [
                  { index: true, lazy: async () => ({ Component: (await persistently(() => import("@/app/overview/overview-page"))).default }) },
                  page("training", () => import("@/app/candidate/training-page")),
                  page("compare", () => import("@/training/compare/compare-page")),
                  page("quality", () => import("@/training/quality/quality-page")),
                  page("runs/compare", () => import("@/app/run-compare/run-compare-page")),
                  page("runs/:runId", () => import("@/training/run-page")),
                  page("rounds/:roundId", () => import("@/app/round/round-page")),
                  page("items", () => import("@/review/items/items-page")),
                  page("items/:itemId", () => import("@/review/items/item-page")),
                  page("adjudication", () => import("@/review/adjudication/adjudication-page")),
                  page("data", () => import("@/labeling/data-page")),
                  page("publications", () => import("@/review/publications-page")),
                  page("certificates", () => import("@/certificates/certificates-page")),
                  page("certificates/:certificateId", () => import("@/certificates/certificate-page")),
                  page("settings", () => import("@/app/settings/settings-page")),
                ],
              },
              { path: "*", element: <NotFoundPage /> },
            ],
          },
        ],
      },
    ],
  },
]);
