import { Badge, Box, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { ApiError } from "@/api/client";
import { mayEngineer, mayEngineerOrReview, mayReview } from "@/api/roles";
import type { Item, Project } from "@/api/types";
import { useSession } from "@/api/session";
import { chooseExample, deleteItem, forgetExample, guideQuery, itemQuery, projectQuery } from "@/labeling/api";
import { SPLITS } from "@/labeling/names";
import { ItemExtras } from "@/labeling/item-extras";
import { ItemView } from "@/labeling/item-view";
import { t } from "@/language/translate";
import { historyQuery, withdrawLabel } from "@/review/api";
import { HistoryList } from "@/review/items/history-list";
import { LabelCell } from "@/review/items/label-cell";
import { RelabelSelect } from "@/review/items/relabel-select";
import { ConfirmButton } from "@/ui/confirm-button";
import { decimal } from "@/ui/format";
import { useIdParam } from "@/ui/id-param";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready, ReadyOf } from "@/ui/query";
import { FormError } from "@/ui/states";

/** One item: what it is, what stands, and everything that ever happened to it. */
export default function ItemPage() {
  const project = useQuery(projectQuery(useIdParam("projectId")));
  const itemId = useIdParam("itemId");
  const item = useQuery(itemQuery(itemId));
  const history = useQuery(historyQuery(itemId));
  return (
    <Ready query={project} what={t("the project")}>
      {(owner) => (
        <ReadyOf project={owner} query={item} what={t("the item")}>
          {(data) => (
            <Page title={data.key}>
              <SimpleGrid cols={{ base: 1, md: 2 }}>
                <Stack>
                  <Panel title={t("Item")}>
                    <Box
                      mah={480}
                      h={data.image ? 480 : undefined}
                      style={{ overflow: "auto", display: "flex", justifyContent: "center" }}
                    >
                      <ItemView item={data} isInPage />
                    </Box>
                    <ItemExtras item={data} />
                  </Panel>
                  <Panel title={t("The label that stands")}>
                    <Stack gap="xs" align="flex-start">
                      <Group>
                        <LabelCell label={data.label} isWithheld={data.is_withheld} classes={owner.classes} />
                        <Badge variant="default">{t(SPLITS[data.split])}</Badge>
                      </Group>
                      <Text size="sm" c="dimmed">
                        {standing(data)}
                      </Text>
                      <Group>
                        <RelabelSelect project={owner} item={data} />
                        <WithdrawButton project={owner} item={data} />
                        <ExampleButton project={owner} item={data} />
                        <DeleteButton project={owner} item={data} />
                      </Group>
                    </Stack>
                  </Panel>
                </Stack>
                <Panel title={t("History")} note={t("Nothing here is ever edited or deleted")}>
                  <Ready query={history} what={t("the history")}>
                    {({ events }) => <HistoryList events={events} project={owner} />}
                  </Ready>
                </Panel>
              </SimpleGrid>
            </Page>
          )}
        </ReadyOf>
      )}
    </Ready>
  );
}

function standing({ label, is_withheld }: Item): string {
  if (is_withheld) return t("Not shown to whoever may be asked about this item, blind, now or later.");
  if (label === null) return t("Nobody has labeled this item yet.");
  const who = label.source.name;
  if (label.is_human) return t("{who} said so; no machine can replace it.", { who });
  if (label.threshold === null) return t("{who} said so.", { who });
  return t("{who} said so, which passed the threshold {value}.", { who, value: decimal(label.threshold, 2) });
}

function WithdrawButton({ project, item }: { project: Project; item: Item }) {
  const client = useQueryClient();
  const session = useSession();
  const { label } = item;
  const withdraw = useMutation({
    mutationFn: (labelId: number) => withdrawLabel(labelId),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["items", item.id] }),
        client.invalidateQueries({ queryKey: ["projects", project.id] }),
      ]),
  });
  const isMine = label?.source.kind === "person" && label.source.name === session.data?.username;
  if (!label?.is_human || !(isMine || mayReview(project))) return null;
  return (
    <ConfirmButton
      size="xs"
      variant="default"
      label={t("Withdraw the label")}
      question={t("Withdraw this label?")}
      confirmLabel={t("Withdraw it")}
      error={withdraw.error}
      onConfirm={() => withdraw.mutateAsync(label.id)}
    >
      {t("The label is retired and stays in the history; the item counts as not labeled by people.")}
    </ConfirmButton>
  );
}

/** Takes the item away; if people have worked on it, only after a second question that says what they did. */
function DeleteButton({ project, item }: { project: Project; item: Item }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({ mutationFn: (withWork: boolean) => deleteItem(item.id, withWork) });
  const workedOn = remove.error instanceof ApiError && remove.error.code === "worked_on";
  if (!mayEngineer(project)) return null;
  return (
    <ConfirmButton
      size="xs"
      variant="default"
      color="red"
      label={t("Delete the item")}
      question={t("Delete this item?")}
      confirmLabel={workedOn ? t("Delete it with their work") : t("Delete it")}
      error={remove.error}
      onConfirm={async () => {
        await remove.mutateAsync(workedOn);
        await client.invalidateQueries({ queryKey: ["projects", project.id] });
        await navigate(`/projects/${project.id}/items`);
      }}
    >
      {t("The item goes with its labels, predictions and image, for good. That it was there, when it went and by whom stays in the history.")}
    </ConfirmButton>
  );
}

/** Puts an item with a person's label into the guide, as an example of its class, or takes it out. */
function ExampleButton({ project, item }: { project: Project; item: Item }) {
  const client = useQueryClient();
  const mayChoose = item.label?.is_human === true && mayEngineerOrReview(project);
  const guide = useQuery({ ...guideQuery(project.id), enabled: mayChoose });
  const isChosen = guide.data?.classes.some((one) => one.examples.some((each) => each.item.id === item.id && each.is_chosen)) ?? false;
  const change = useMutation({
    mutationFn: () => (isChosen ? forgetExample(item.id) : chooseExample(item.id)),
    onSuccess: () => client.invalidateQueries({ queryKey: guideQuery(project.id).queryKey }),
  });
  if (!mayChoose) return null;
  return (
    <>
      <Button size="xs" variant="default" aria-pressed={isChosen} loading={guide.isPending || change.isPending} onClick={() => change.mutate()}>
        {isChosen ? t("Take it out of the guide") : t("Show it in the guide")}
      </Button>
      <FormError error={change.error} />
    </>
  );
}
