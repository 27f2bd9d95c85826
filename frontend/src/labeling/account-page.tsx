import { Alert, Button, Code, CopyButton, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Token } from "@/api/types";
import { createToken, deleteToken, tokensQuery } from "@/labeling/api";
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
  const create = useMutation({
    mutationFn: () => createToken(name),
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
            <Button type="submit" loading={create.isPending}>
              {t("Make a token")}
            </Button>
          </Group>
        </form>
        <FormError error={create.error} shownBeside={["name"]} />
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
