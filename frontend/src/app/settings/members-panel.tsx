import { Alert, Button, Code, Group, NativeSelect, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ApiError } from "@/api/client";
import { useSession } from "@/api/session";
import type { Member, Project, Role } from "@/api/types";
import { addMember, changeMember, membersQuery, removeMember } from "@/labeling/api";
import { ROLES } from "@/labeling/names";
import { type Message, msg, t } from "@/language/translate";
import { fieldError } from "@/ui/errors";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";

const CHOICES: { value: Role; label: Message }[] = [
  { value: "owner", label: msg("owner: everything") },
  { value: "engineer", label: msg("engineer: import, train, publish, export") },
  { value: "reviewer", label: msg("reviewer: answer, decide, relabel") },
  { value: "annotator", label: msg("annotator: answer the queue") },
  { value: "viewer", label: msg("viewer: look") },
];

const choices = () => CHOICES.map(({ value, label }) => ({ value, label: t(label) }));

/** Who may do what. Only owners change it. */
export function MembersPanel({ project }: { project: Project }) {
  const client = useQueryClient();
  const members = useQuery(membersQuery(project.id));
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("annotator");
  const isOwner = project.role === "owner";
  const [made, setMade] = useState<{ username: string; password: string }>();
  const session = useSession();
  const add = useMutation({
    mutationFn: (create: boolean) => addMember(project.id, { username, role, create }),
    onSuccess: (member) => {
      setMade(member.initial_password ? { username: member.username, password: member.initial_password } : undefined);
      setUsername("");
      return client.invalidateQueries({ queryKey: membersQuery(project.id).queryKey });
    },
  });

  const isUnknown = add.error instanceof ApiError && add.error.status === 404 && username.trim() !== "";

  return (
    <Panel title={t("Members")} note={t("Whoever is not a member cannot see that the project exists")}>
      <Stack>
        <Ready query={members} what={t("the members")}>
          {({ results }) => (
            <Table>
              <Table.Tbody>
                {results.map((member) => (
                  <MemberRow key={member.id} project={project} member={member} mayEdit={isOwner} />
                ))}
              </Table.Tbody>
            </Table>
          )}
        </Ready>
        {isOwner && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add.mutate(false);
            }}
          >
            <Group align="flex-start">
              <TextInput
                aria-label={t("User name of the new member")}
                placeholder={t("User name")}
                value={username}
                onChange={(event) => setUsername(event.currentTarget.value)}
                error={fieldError(add.error, "username")}
              />
              <NativeSelect aria-label={t("Role of the new member")} data={choices()} value={role} onChange={(event) => setRole(event.currentTarget.value as Role)} />
              <Button type="submit" variant="default" loading={add.isPending} disabled={username.trim() === ""}>
                {t("Add")}
              </Button>
            </Group>
          </form>
        )}
        <FormError error={add.error} shownBeside={["username"]} />
        {isUnknown && session.data?.may_create_accounts && (
          <Group>
            <Button variant="default" size="xs" loading={add.isPending} onClick={() => add.mutate(true)}>
              {t("Make the account {name} and add it", { name: username.trim() })}
            </Button>
          </Group>
        )}
        {made && (
          <Alert color="teal" title={t("The account {name} was made", { name: made.username })} withCloseButton closeButtonLabel={t("Close")} onClose={() => setMade(undefined)}>
            <Text size="sm">{t("Its first password, shown this once. Give it to nobody else, and ask them to change it under Account.")}</Text>
            <Code data-testid="initial-password">{made.password}</Code>
          </Alert>
        )}
      </Stack>
    </Panel>
  );
}

function MemberRow({ project, member, mayEdit }: { project: Project; member: Member; mayEdit: boolean }) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["projects", project.id] });
  const change = useMutation({ mutationFn: (role: Role) => changeMember(member.id, role), onSuccess: refresh });
  const remove = useMutation({ mutationFn: () => removeMember(member.id), onSuccess: refresh });
  return (
    <Table.Tr>
      <Table.Td fw={600} dir="auto">{member.username}</Table.Td>
      <Table.Td>
        {mayEdit ? (
          <NativeSelect
            size="xs"
            aria-label={t("Role of {name}", { name: member.username })}
            data={choices()}
            value={member.role}
            disabled={change.isPending}
            onChange={(event) => change.mutate(event.currentTarget.value as Role)}
          />
        ) : (
          <Text size="sm">{t(ROLES[member.role])}</Text>
        )}
        <FormError error={change.error ?? remove.error} />
      </Table.Td>
      <Table.Td ta="end">
        {mayEdit && (
          <Button size="compact-sm" variant="subtle" color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t("Remove")}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
