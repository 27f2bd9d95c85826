import { NativeSelect, Paper, Stack, Text } from "@mantine/core";

import type { Question } from "@/api/types";
import { type JoinAnswers, joinKey } from "@/labeling/import-answers";
import { t } from "@/language/translate";
import { said } from "@/ui/server-says";

interface Props {
  questions: Question[];
  joins: JoinAnswers;
  isBusy: boolean;
  onLabelColumn: (name: string) => void;
  onEncoding: (name: string) => void;
  onLabelsFrom: (who: "person" | "machine") => void;
  onJoin: (answers: JoinAnswers) => void;
}

/** What is not sure, each in one sentence with the likeliest answer chosen. Nothing else is asked. */
export function ImportQuestions({ questions, joins, isBusy, onEncoding, onLabelColumn, onLabelsFrom, onJoin }: Props) {
  if (questions.length === 0) return null;
  return (
    <Paper withBorder p="sm" component="section" aria-label={t("Not sure")}>
      <Text fw={600} size="sm" mb="xs">
        {t("Not sure: the likeliest answers are chosen")}
      </Text>
      <Stack gap="xs">
        {questions.map((question) => {
          const join = question.about === "join_classes";
          const key = joinKey(question);
          return (
            <NativeSelect
              key={join ? key : question.about}
              label={sentence(question)}
              value={join ? (joins[key] ?? question.chosen) : question.chosen}
              data={question.choices.map((value) => ({ value, label: choice(question, value) }))}
              disabled={isBusy}
              dir="auto"
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (question.about === "encoding") onEncoding(value);
                else if (question.about === "label_column") onLabelColumn(value);
                else if (question.about === "labels_from") onLabelsFrom(value === "machine" ? "machine" : "person");
                else onJoin({ ...joins, [key]: value });
              }}
            />
          );
        })}
      </Stack>
    </Paper>
  );
}

function sentence(question: Question): string {
  if (question.about === "encoding") return said(question.sentence);
  if (question.about === "label_column") return t("Which column holds the label?");
  if (question.about === "labels_from") return t("Were the labels given by people or by a machine?");
  return t("Are these names one class: {names}?", { names: question.choices.filter(Boolean).join(", ") });
}

function choice(question: Question, value: string): string {
  if (question.about === "encoding") return value;
  if (question.about === "label_column") return value === "" ? t("none of them: these rows have no labels") : value;
  if (question.about === "labels_from") {
    return value === "machine" ? t("by a machine: shown as such, never trained on as truth") : t("by people");
  }
  return value === "" ? t("no, they are different classes") : t("yes, join them as {name}", { name: value });
}
