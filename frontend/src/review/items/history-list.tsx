import { Text, Timeline } from "@mantine/core";

import type { HistoryEvent, Project, Reason } from "@/api/types";
import { SPLITS } from "@/labeling/names";
import { type Message, msg, t } from "@/language/translate";
import { decimal, duration, percent, when, words } from "@/ui/format";

const COLOURS: Record<HistoryEvent["kind"], string> = {
  label: "teal", // eslint-disable-line no-restricted-syntax -- a colour
  retired: "gray",
  published: "violet",
  prediction: "indigo",
  answer: "blue",
  verdict: "grape",
  undone: "orange",
  flag: "red",
  split: "cyan",
};

const QUEUED_AS: Record<Exclude<Reason, "grid">, Message> = {
  uncertain: msg("queued as uncertain"),
  diverse: msg("queued as diverse"),
  random: msg("queued as random"),
  flagged: msg("queued as flagged"),
  picked: msg("queued as picked"),
  doubted: msg("queued as marked wrong"),
  below_cut: msg("queued as below the cut"),
  second: msg("queued as second answer"),
  gold: msg("queued as gold"),
  blind: msg("queued as blind"),
  audit: msg("queued as audit"),
  mixed: msg("queued among audits"),
};

export function HistoryList({ events, project }: { events: readonly HistoryEvent[]; project: Project }) {
  if (events.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("Nothing has happened to this item since it was imported.")}
      </Text>
    );
  }
  const name = (id: number | null | undefined) => project.classes.find((one) => one.id === id)?.name ?? (id ? t("class {id}", { id }) : t("nothing"));
  return (
    <Timeline bulletSize={14} lineWidth={2} active={events.length}>
      {events.map((event, i) => (
        <Timeline.Item key={i} color={COLOURS[event.kind]} title={title(event, name)}>
          <Text size="sm" c="dimmed">
            {details(event, name)}
          </Text>
          <Text size="xs" c="dimmed">
            {when(event.at)}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

type NameOf = (id: number | null | undefined) => string;

function title(event: HistoryEvent, name: NameOf): string {
  const who = event.by ?? "";
  switch (event.kind) {
    case "label":
      return t("{who} labeled it {name}", { who: event.source?.name ?? t("Somebody"), name: name(event.class_id) });
    case "retired":
      return t("The label {name} by {who} was retired", { name: name(event.class_id), who: event.source?.name ?? t("somebody") });
    case "published":
      return t("The label of {who} stood", { who: event.source?.name ?? t("a model") });
    case "prediction":
      return t("{round} predicted {name}", { round: event.round ?? t("A round"), name: name(event.class_id) });
    case "answer":
      if (event.answer === "not_this") return t("{who} marked it in a grid as not {name}", { who, name: name(event.seen?.suggestion?.class_id) });
      if (event.answer === "label") return t("{who} answered {name}", { who, name: name(event.class_id) });
      return event.answer === "skip_all" ? t("{who} skipped it for everyone", { who }) : t("{who} skipped it", { who });
    case "verdict": {
      const model = event.model_class_id ? name(event.model_class_id) : null;
      if (event.class_id === null) {
        return model === null ? t("{who} left it unlabeled and settled its flags", { who }) : t("{who} left it unlabeled, against the model's {model}", { who, model });
      }
      const kept = name(event.class_id);
      return model === null ? t("{who} kept {name} and settled its flags", { who, name: kept }) : t("{who} kept {name}, against the model's {model}", { who, name: kept, model });
    }
    case "undone":
      return t("{who} took that back", { who });
    case "flag":
      return t("{who} flagged it", { who });
    case "split":
      return t("It belongs to the {split} set from here on", { split: event.split ? t(SPLITS[event.split]) : "" });
  }
}

function details(event: HistoryEvent, name: NameOf): string {
  const parts: string[] = [];
  const { confidence, threshold, seen } = event;
  if (typeof confidence === "number") parts.push(t("{share} sure", { share: percent(confidence) }));
  if (typeof threshold === "number") parts.push(t("threshold {value}", { value: decimal(threshold, 2) }));
  if (event.is_accepted === false) parts.push(t("not accepted"));
  if (event.is_accepted === true) parts.push(t("accepted"));
  if (seen?.is_blind) parts.push(t("blind"));
  else if (seen?.suggestion) parts.push(t("was shown {name}, {share}", { name: name(seen.suggestion.class_id), share: percent(seen.suggestion.confidence) }));
  if (seen?.in_grid) parts.push(t("in a grid"));
  if (seen?.reason && seen.reason !== "grid") parts.push(t(QUEUED_AS[seen.reason]));
  if (typeof event.seconds === "number") parts.push(t("after {time}", { time: duration(event.seconds) }));
  if (event.kind === "retired" && event.reason) parts.push(event.by ? t("{reason} by {who}", { reason: words(event.reason), who: event.by }) : words(event.reason));
  if (event.kind === "published") parts.push(event.until ? t("until {time}", { time: when(event.until) }) : t("it stands now"), ...(event.reason ? [event.reason] : []));
  if (event.kind === "flag" && event.until) parts.push(t("settled {time}", { time: when(event.until) }));
  if (event.note) parts.push(t("“{note}”", { note: event.note }));
  return parts.join(" · ");
}
