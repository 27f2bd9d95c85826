import "@mantine/core/styles.css";
import "@/app/global.css";

import { DirectionProvider, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";

import { createClient } from "@/app/query-client";
import { router } from "@/app/routes";
import { loadLanguage } from "@/language/load";
import { theme } from "@/ui/theme";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with id root");

await loadLanguage();

createRoot(root).render(
  <StrictMode>
    <DirectionProvider>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={createClient()}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  </StrictMode>,
);
