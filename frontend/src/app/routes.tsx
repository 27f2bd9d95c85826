/** The list of screens. Each is a chunk of its own, loaded when it is first opened. */

import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";

import { NotFoundPage } from "@/app/not-found-page";
import { PageFailed } from "@/app/page-failed";
import { ProjectLayout } from "@/app/project-layout";
import { Shell } from "@/app/shell";
import { SignedIn } from "@/app/signed-in";
import { SignInPage } from "@/app/sign-in-page";
import { Loading } from "@/ui/states";

type PageModule = Promise<{ default: ComponentType }>;

const page = (path: string, load: () => PageModule): RouteObject => ({
  path,
  lazy: async () => ({ Component: (await load()).default }),
});

export const router = createBrowserRouter([
  {
    errorElement: <PageFailed />,
    hydrateFallbackElement: <Loading what="Assay" />,
    children: [
      { path: "/sign-in", element: <SignInPage /> },
      {
        element: <SignedIn />,
        children: [
          page("/projects/:projectId/review", () => import("@/review/review-page")),
          {
            element: <Shell />,
            children: [
              page("/", () => import("@/labeling/projects-page")),
              page("/projects/new", () => import("@/labeling/new-project/new-project-page")),
              page("/health", () => import("@/app/health-page")),
              {
                path: "/projects/:projectId",
                element: <ProjectLayout />,
                children: [
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
