import { Text, Timeline } from "@mantine/core";

import type { HistoryEvent, Project } from "@/api/types";
import { t } from "@/language/translate";
import { REASONS } from "@/review/reasons";
import { duration, percent, when, words } from "@/ui/format";

const COLOURS: Record<HistoryEvent["kind"], string> = {
  label: "teal",
  retired: "gray",
  published: "violet",
  prediction: "indigo",
  answer: "blue",
  verdict: "grape",
  undone: "orange",
  flag: "red",
  split: "cyan",
};

export function HistoryList({ events, project }: { events: readonly HistoryEvent[]; project: Project }) {
  if (events.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing has happened to this item since it was imported.
      </Text>
    );
  }
  const name = (id: number | null | undefined) => project.classes.find((one) => one.id === id)?.name ?? (id ? `class ${id}` : "nothing");
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
  switch (event.kind) {
    case "label":
      return `${event.source?.name ?? "Somebody"} labeled it ${name(event.class_id)}`;
    case "retired":
      return `The label ${name(event.class_id)} by ${event.source?.name ?? "somebody"} was retired`;
    case "published":
      return `The label of ${event.source?.name ?? "a model"} stood`;
    case "prediction":
      return `${event.round ?? "A round"} predicted ${name(event.class_id)}`;
    case "answer":
      if (event.answer === "not_this") return `${event.by} marked it in a grid as not ${name(event.seen?.suggestion?.class_id)}`;
      return event.answer === "label" ? `${event.by} answered ${name(event.class_id)}` : `${event.by} skipped it${event.answer === "skip_all" ? " for everyone" : ""}`;
    case "verdict": {
      const kept = event.class_id === null ? `${event.by} left it unlabeled` : `${event.by} kept ${name(event.class_id)}`;
      return event.model_class_id ? `${kept}, against the model's ${name(event.model_class_id)}` : `${kept} and settled its flags`;
    }
    case "undone":
      return `${event.by} took that back`;
    case "flag":
      return `${event.by} flagged it`;
    case "split":
      return `It belongs to the ${event.split} set from here on`;
  }
}

function details(event: HistoryEvent, name: NameOf): string {
  const parts: string[] = [];
  const { confidence, threshold, seen } = event;
  if (typeof confidence === "number") parts.push(`${percent(confidence)} sure`);
  if (typeof threshold === "number") parts.push(`threshold ${threshold.toFixed(2)}`);
  if (event.is_accepted === false) parts.push("not accepted");
  if (event.is_accepted === true) parts.push("accepted");
  if (seen?.is_blind) parts.push("blind");
  else if (seen?.suggestion) parts.push(`was shown ${name(seen.suggestion.class_id)}, ${percent(seen.suggestion.confidence)}`);
  if (seen?.in_grid) parts.push("in a grid");
  if (seen?.reason && seen.reason !== "grid") parts.push(`queued as ${t(REASONS[seen.reason].title).toLowerCase()}`);
  if (typeof event.seconds === "number") parts.push(`after ${duration(event.seconds)}`);
  if (event.kind === "retired" && event.reason) parts.push(words(event.reason) + (event.by ? ` by ${event.by}` : ""));
  if (event.kind === "published") parts.push(event.until ? `until ${when(event.until)}` : "it stands now", ...(event.reason ? [event.reason] : []));
  if (event.kind === "flag" && event.until) parts.push(`settled ${when(event.until)}`);
  if (event.note) parts.push(`“${event.note}”`);
  return parts.join(" · ");
}
