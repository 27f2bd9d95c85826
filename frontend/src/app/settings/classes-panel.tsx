import { ActionIcon, Button, ColorInput, Group, Stack, Textarea, TextInput, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { mayEngineer } from "@/api/roles";
import type { LabelClass, Project } from "@/api/types";
import { addClass, deleteClass, projectQuery, updateClass, type ClassInput } from "@/labeling/api";
import { t } from "@/language/translate";
import { hotkeyProblem } from "@/review/actions";
import { fieldError } from "@/ui/errors";
import { CloseIcon } from "@/ui/icons";
import { Panel } from "@/ui/panel";
import { FormError } from "@/ui/states";

/** The allowed answers: name, colour and key. What is typed is stored when the field is left. */
export function ClassesPanel({ project }: { project: Project }) {
  const client = useQueryClient();
  const mayEdit = mayEngineer(project);
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () => addClass(project.id, { name }),
    onSuccess: () => {
      setName("");
      return client.invalidateQueries({ queryKey: projectQuery(project.id).queryKey });
    },
  });

  return (
    <Panel title={t("Classes")} note={t("The allowed answers, each with its colour and its key on the review page")}>
      <Stack gap="xs">
        {project.classes.map((one) => (
          <ClassRow key={one.id} project={project} labelClass={one} mayEdit={mayEdit} />
        ))}
        {mayEdit && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add.mutate();
            }}
          >
            <Group align="flex-start">
              <TextInput
                aria-label={t("Name of the new class")}
                placeholder={t("New class")}
                dir="auto"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                error={fieldError(add.error, "name")}
              />
              <Button type="submit" variant="default" loading={add.isPending} disabled={name.trim() === ""}>
                {t("Add")}
              </Button>
            </Group>
          </form>
        )}
        <FormError error={add.error} shownBeside={["name"]} />
      </Stack>
    </Panel>
  );
}

function ClassRow({ project, labelClass, mayEdit }: { project: Project; labelClass: LabelClass; mayEdit: boolean }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<ClassInput>({});
  const refresh = () => client.invalidateQueries({ queryKey: projectQuery(project.id).queryKey });
  const update = useMutation({
    mutationFn: (change: ClassInput) => updateClass(labelClass.id, change),
    onSuccess: async () => {
      await refresh();
      setDraft({});
    },
  });
  const remove = useMutation({ mutationFn: () => deleteClass(labelClass.id), onSuccess: refresh });

  const shown = { ...labelClass, ...draft };
  const reserved = hotkeyProblem(shown.hotkey);
  function store() {
    const changed = Object.entries(draft).some(([field, value]) => labelClass[field as keyof LabelClass] !== value);
    if (changed && reserved === undefined) update.mutate(draft);
  }

  return (
    <Stack gap={4}>
      <Group gap="xs" wrap="nowrap" align="flex-start" onBlur={store}>
        <ColorInput
          aria-label={t("Colour of {name}", { name: labelClass.name })}
          w={112}
          format="hex"
          withEyeDropper={false}
          disabled={!mayEdit}
          value={shown.colour}
          onChange={(colour) => setDraft({ ...draft, colour })}
          error={fieldError(update.error, "colour")}
        />
        <TextInput
          aria-label={t("Name of {name}", { name: labelClass.name })}
          dir="auto"
          style={{ flex: 1 }}
          disabled={!mayEdit}
          value={shown.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
          error={fieldError(update.error, "name")}
        />
        <TextInput
          aria-label={t("Key of {name}", { name: labelClass.name })}
          w={64}
          placeholder={t("key")}
          disabled={!mayEdit}
          maxLength={1}
          value={shown.hotkey}
          onChange={(event) => setDraft({ ...draft, hotkey: event.currentTarget.value.toLowerCase() })}
          error={reserved ?? fieldError(update.error, "hotkey")}
        />
        {mayEdit && (
          <Tooltip label={t("Delete {name}", { name: labelClass.name })}>
            <ActionIcon
              variant="subtle"
              color="red"
              size="lg"
              aria-label={t("Delete class {name}", { name: labelClass.name })}
              loading={remove.isPending}
              onClick={() => remove.mutate()}
            >
              <CloseIcon />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
      {(mayEdit || shown.description !== "") && (
        <Textarea
          aria-label={t("Description of {name}", { name: labelClass.name })}
          placeholder={t("What belongs here, and what does not: shown in the guide")}
          size="xs"
          autosize
          disabled={!mayEdit}
          maxLength={1_000}
          value={shown.description}
          onChange={(event) => setDraft({ ...draft, description: event.currentTarget.value })}
          onBlur={store}
          error={fieldError(update.error, "description")}
        />
      )}
      <FormError error={update.error} shownBeside={["colour", "name", "description", "hotkey"]} />
      <FormError error={remove.error} />
    </Stack>
  );
}
