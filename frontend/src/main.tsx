// In a layer of its own, so that ours win over it in whatever order the files come.
import "@mantine/core/styles.layer.css";
import "@/app/global.css";

import { DirectionProvider, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";

import { sessionQuery } from "@/api/session";
import { createClient } from "@/app/query-client";
import { router } from "@/app/routes";
import { projectQuery } from "@/labeling/api";
import { loadLanguage } from "@/language/load";
import { ChunkNotice } from "@/ui/chunk-notice";
import { theme } from "@/ui/theme";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with id root");

// What every page waits for. The server's Link header has it on its way already (deploy/web/page.py).
const client = createClient();
void client.prefetchQuery(sessionQuery);
const projectId = /^\/projects\/(\d+)/.exec(location.pathname)?.[1];
if (projectId !== undefined) void client.prefetchQuery(projectQuery(Number(projectId)));

await loadLanguage();

createRoot(root).render(
  <StrictMode>
    <DirectionProvider>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
          <ChunkNotice />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  </StrictMode>,
);
