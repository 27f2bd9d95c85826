import { MantineProvider } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { MemoryRouter } from "react-router";
import { expect, test } from "vitest";

import { ApiError } from "@/api/client";
import { ReadyOf } from "@/ui/query";

interface Row {
  project_id: number;
  name: string;
}

/** What is shown under project 2. */
function shown(query: Partial<UseQueryResult<Row>>): string {
  const page = createElement(ReadyOf<Row>, { project: { id: 2 }, query: query as UseQueryResult<Row>, what: "the round", children: (row) => row.name });
  return renderToStaticMarkup(createElement(MantineProvider, null, createElement(MemoryRouter, null, page)));
}

test("a row is shown under its own project only", () => {
  expect(shown({ data: { project_id: 2, name: "Round 1.1" } })).toContain("Round 1.1");
  const elsewhere = shown({ data: { project_id: 1, name: "Round 1.1" } });
  expect(elsewhere).not.toContain("Round 1.1");
  expect(elsewhere).toContain("There is no such page");
});

test("a row that is not there is a page that is not there, and other trouble is told as what it is", () => {
  expect(shown({ data: undefined, isError: true, error: new ApiError(404, "not_found", "There is none.") })).toContain("There is no such page");
  expect(shown({ data: undefined, isError: true, error: new ApiError(503, "away", "The database is away.") })).toContain("The database is away.");
});
