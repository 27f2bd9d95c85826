import {
  Alert,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  NumberInput,
  PasswordInput,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Token } from "@/api/types";
import { changePassword, createToken, deleteToken, tokensQuery } from "@/labeling/api";
import { t } from "@/language/translate";
import { ConfirmButton } from "@/ui/confirm-button";
import { fieldError } from "@/ui/errors";
import { when } from "@/ui/format";
import { LanguageSelect } from "@/ui/language-select";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";

/** What is the person's own: the language of the pages, and tokens with which programs act for them. */
export default function AccountPage() {
  return (
    <Page title={t("Account")} size="md">
      <Stack>
        <TokensPanel />
        <PasswordPanel />
        <Panel title={t("Language")} note={t("Of all pages in this browser. What people and data say stays in its own language.")}>
          <LanguageSelect maw={240} />
        </Panel>
      </Stack>
    </Page>
  );
}

function TokensPanel() {
  const client = useQueryClient();
  const tokens = useQuery(tokensQuery);
  const [name, setName] = useState("");
  const [days, setDays] = useState<number | string>("");
  const create = useMutation({
    mutationFn: () => createToken(name, typeof days === "number" ? days : null),
    onSuccess: () => {
      setName("");
      return client.invalidateQueries({ queryKey: tokensQuery.queryKey });
    },
  });

  return (
    <Panel title={t("Access tokens")} note={t("A program that sends one in the header “Authorization: Token …” acts as you.")}>
      <Stack>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate();
          }}
        >
          <Group align="flex-end">
            <TextInput
              label={t("What it is for")}
              placeholder={t("nightly export")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={fieldError(create.error, "name")}
            />
            <NumberInput
              label={t("Good for how many days")}
              placeholder={t("as long as allowed")}
              min={1}
              allowDecimal={false}
              value={days}
              onChange={setDays}
              error={fieldError(create.error, "days")}
            />
            <Button type="submit" loading={create.isPending}>
              {t("Make a token")}
            </Button>
          </Group>
        </form>
        <FormError error={create.error} shownBeside={["name", "days"]} />
        {create.data?.token && <NewToken token={create.data.token} />}
        <Ready query={tokens} what={t("your tokens")}>
          {({ results }) =>
            results.length === 0 ? (
              <Text size="sm" c="dimmed">
                {t("You have no tokens.")}
              </Text>
            ) : (
              <Table>
                <Table.Tbody>
                  {results.map((token) => (
                    <TokenRow key={token.id} token={token} />
                  ))}
                </Table.Tbody>
              </Table>
            )
          }
        </Ready>
      </Stack>
    </Panel>
  );
}

/** Asks for the old password; the sessions of other browsers end. */
function PasswordPanel() {
  const client = useQueryClient();
  const [oldPassword, setOldPassword] = useState("");
  const [newPassword, setNewPassword] = useState("");
  const [isWithTokens, setIsWithTokens] = useState(false);
  const change = useMutation({
    mutationFn: () => changePassword({ old_password: oldPassword, new_password: newPassword, revoke_tokens: isWithTokens }),
    onSuccess: () => {
      setOldPassword("");
      setNewPassword("");
      return client.invalidateQueries({ queryKey: tokensQuery.queryKey });
    },
  });

  return (
    <Panel title={t("Password")} note={t("When it changes, you are signed out in all other browsers.")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Stack align="flex-start">
          <PasswordInput
            label={t("Old password")}
            autoComplete="current-password"
            w={320}
            required
            value={oldPassword}
            onChange={(event) => setOldPassword(event.currentTarget.value)}
            error={fieldError(change.error, "old_password")}
          />
          <PasswordInput
            label={t("New password")}
            autoComplete="new-password"
            w={320}
            required
            value={newPassword}
            onChange={(event) => setNewPassword(event.currentTarget.value)}
            error={fieldError(change.error, "new_password")}
          />
          <Checkbox
            label={t("Revoke my tokens, too")}
            checked={isWithTokens}
            onChange={(event) => setIsWithTokens(event.currentTarget.checked)}
          />
          <Button type="submit" loading={change.isPending}>
            {t("Change the password")}
          </Button>
          <FormError error={change.error} shownBeside={["old_password", "new_password"]} />
          {change.isSuccess && <Text role="status">{t("The password is changed.")}</Text>}
        </Stack>
      </form>
    </Panel>
  );
}

function NewToken({ token }: { token: string }) {
  return (
    <Alert color="teal" title={t("Copy it now: it is shown this once")}>
      <Group>
        <Code style={{ overflowWrap: "anywhere" }}>{token}</Code>
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="default" onClick={copy}>
              {copied ? t("Copied") : t("Copy")}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}

function TokenRow({ token }: { token: Token }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteToken(token.id),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  return (
    <Table.Tr>
      <Table.Td dir="auto">{token.name || t("no name")}</Table.Td>
      <Table.Td>
        <Code>{token.begins_with}…</Code>
      </Table.Td>
      <Table.Td>{when(token.created_at)}</Table.Td>
      <Table.Td>{token.expires_at === null ? t("has no end") : t("good until {time}", { time: when(token.expires_at) })}</Table.Td>
      <Table.Td ta="end">
        <ConfirmButton
          size="compact-sm"
          variant="default"
          label={t("Revoke")}
          question={t("Revoke this token?")}
          confirmLabel={t("Revoke it")}
          error={remove.error}
          onConfirm={() => remove.mutateAsync()}
        >
          {t("Programs that use it are signed out at once.")}
        </ConfirmButton>
      </Table.Td>
    </Table.Tr>
  );
}
