import { Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Project } from "@/api/types";
import { plural, t } from "@/language/translate";
import { askGold, endGold, peopleQuery, queueQuery } from "@/review/api";
import { fieldError } from "@/ui/errors";
import { count } from "@/ui/format";
import { FormError } from "@/ui/states";

const N_DEFAULT = 20;
const MAX_GOLD = 1_000;

/** Asks everybody, blind, about items whose answer is known; or nobody any more. */
export function GoldLine({ project }: { project: Project }) {
  const client = useQueryClient();
  const [n, setN] = useState<number | string>(N_DEFAULT);
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: queueQuery(project.id).queryKey }),
      client.invalidateQueries({ queryKey: peopleQuery(project.id).queryKey }),
    ]);
  const change = useMutation({
    mutationFn: async (act: "ask" | "end") => (act === "ask" ? { asked: await askGold(project.id, Number(n)) } : { ended: await endGold(project.id) }),
    onSuccess: refresh,
  });
  const { asked, ended } = { asked: undefined, ended: undefined, ...change.data };
  return (
    <Stack gap={4}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate("ask");
        }}
      >
        <Group align="flex-end" gap="sm">
          <NumberInput
            label={t("Gold items")}
            description={t("Whose answer is known, asked of everybody, blind")}
            min={1}
            max={MAX_GOLD}
            clampBehavior="strict"
            allowDecimal={false}
            value={n}
            onChange={setN}
            error={fieldError(change.error, "n")}
          />
          <Button type="submit" variant="default" loading={change.isPending && change.variables === "ask"} disabled={n === ""}>
            {t("Ask")}
          </Button>
          <Button variant="subtle" loading={change.isPending && change.variables === "end"} onClick={() => change.mutate("end")}>
            {t("Ask no more gold")}
          </Button>
        </Group>
      </form>
      <Text size="sm" role="status">
        {asked &&
          plural(asked.n_asked, "{n} item waits for each who may answer.", "{n} items wait for each who may answer.", {
            n: count(asked.n_asked),
          })}
        {ended && plural(ended.n_withdrawn, "{n} item was taken out of the queue.", "{n} items were taken out of the queue.", { n: count(ended.n_withdrawn) })}
      </Text>
      <FormError error={change.error} shownBeside={["n"]} />
    </Stack>
  );
}
