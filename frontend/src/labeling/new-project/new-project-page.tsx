import { Button, Group, NumberInput, Paper, Stack, TagsInput, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";

import type { ImportOptions, Preview, Project } from "@/api/types";
import { createProject, projectsQuery, startImport } from "@/labeling/api";
import { classNames } from "@/labeling/import-answers";
import { ImportWatch } from "@/labeling/import-watch";
import { takeDropped } from "@/labeling/dropped";
import { UploadStep } from "@/labeling/upload-step";
import { useUpload } from "@/labeling/use-upload";
import { t } from "@/language/translate";
import { fieldError } from "@/ui/errors";
import { Page } from "@/ui/page";
import { FormError } from "@/ui/states";

/** A project from a file: drop it, see what is in it, name it, watch it come in. */
export default function NewProjectPage() {
  const file = useUpload();
  const { send } = file;
  useEffect(() => {
    const dropped = takeDropped();
    if (dropped.length > 0) send(dropped);
    // Once: what was dropped on the page before this one.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const [started, setStarted] = useState<{ project: Project; importId: number }>();
  const navigate = useNavigate();

  if (started) {
    return (
      <Page title={started.project.name} size="md">
        <ImportWatch importId={started.importId} onDone={() => void navigate(`/projects/${started.project.id}`)} />
      </Page>
    );
  }
  return (
    <Page title={t("New project")} size="md">
      <Stack gap="lg">
        <UploadStep state={file} />
        {file.uploads?.[0] && file.preview && file.options && file.preview.n_rows_seen > 0 && (
          <NameStep
            key={file.ids.join()}
            uploads={file.ids}
            fileName={file.uploads[0].file_name}
            preview={file.preview}
            found={file.counting.check?.state === "done" ? file.counting.check.report.classes : file.preview.classes}
            options={file.options}
            isBusy={file.isLooking}
            onStarted={(project, importId) => setStarted({ project, importId })}
          />
        )}
      </Stack>
    </Page>
  );
}

interface NameStepProps {
  uploads: string[];
  fileName: string;
  preview: Preview;
  found: Preview["classes"];
  options: ImportOptions;
  isBusy: boolean;
  onStarted: (project: Project, importId: number) => void;
}

function NameStep({ uploads, fileName, preview, found, options, isBusy, onStarted }: NameStepProps) {
  const client = useQueryClient();
  const [name, setName] = useState(fileName.replace(/(\.[a-z0-9]+)+$/i, ""));
  const [question, setQuestion] = useState("");
  const [chosen, setChosen] = useState<string[]>();
  const [answersWanted, setAnswersWanted] = useState(1);
  const [project, setProject] = useState<Project>();
  const classes = chosen ?? classNames(found.map((one) => one.name), options);

  const create = useMutation({
    mutationFn: async () => {
      // Kept if the import is refused, so that a second try does not make a second project.
      const made = project ?? (await createProject({ name, question, item_type: preview.item_type, classes, answers_wanted: answersWanted }));
      setProject(made);
      const started = await startImport(made.id, { uploads, options });
      return { made, importId: started.id };
    },
    onSuccess: ({ made, importId }) => {
      void client.invalidateQueries({ queryKey: projectsQuery.queryKey });
      onStarted(made, importId);
    },
  });

  return (
    <Paper withBorder p="md">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Stack>
          <Title order={2} size="h4">
            {t("The project")}
          </Title>
          <TextInput
            label={t("Name")}
            required
            dir="auto"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fieldError(create.error, "name")}
          />
          <Textarea
            label={t("Question")}
            description={t("What people are asked, shown while they review")}
            placeholder={t("Which digit is this?")}
            autosize
            dir="auto"
            value={question}
            onChange={(event) => setQuestion(event.currentTarget.value)}
            error={fieldError(create.error, "question")}
          />
          <TagsInput
            label={t("Classes")}
            description={t("The allowed answers: those found in the file, and any others you add. Enter adds one.")}
            dir="auto"
            value={classes}
            onChange={setChosen}
            error={fieldError(create.error, "classes")}
          />
          <NumberInput
            label={t("Answers wanted")}
            description={t("How many people answer each item. From 2 on they answer without the model's guess, and the majority decides.")}
            min={1}
            max={20}
            w="fit-content"
            value={answersWanted}
            onChange={(value) => value !== "" && setAnswersWanted(Number(value))}
            error={fieldError(create.error, "answers_wanted")}
          />
          <FormError error={create.error} shownBeside={["name", "question", "classes", "answers_wanted"]} />
          {project && create.isError && (
            <Text size="sm" c="dimmed">
              {t("The project was made, but the import was not started. Change what is wrong and try again.")}
            </Text>
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending} disabled={isBusy}>
              {t("Create and import")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
