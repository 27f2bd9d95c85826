import { Alert, Button, Code, CopyButton, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Token } from "@/api/types";
import { createToken, deleteToken, tokensQuery } from "@/labeling/api";
import { ConfirmButton } from "@/ui/confirm-button";
import { fieldError } from "@/ui/errors";
import { when } from "@/ui/format";
import { Page } from "@/ui/page";
import { Panel } from "@/ui/panel";
import { Ready } from "@/ui/query";
import { FormError } from "@/ui/states";

/** Tokens with which programs act as the person who is signed in. */
export default function AccountPage() {
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
    <Page title="Access tokens" size="md">
      <Panel title="Tokens" note="A program that sends one in the header “Authorization: Token …” acts as you.">
        <Stack>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              create.mutate();
            }}
          >
            <Group align="flex-end">
              <TextInput
                label="What it is for"
                placeholder="nightly export"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                error={fieldError(create.error, "name")}
              />
              <Button type="submit" loading={create.isPending}>
                Make a token
              </Button>
            </Group>
          </form>
          <FormError error={create.error} shownBeside={["name"]} />
          {create.data?.token && <NewToken token={create.data.token} />}
          <Ready query={tokens} what="your tokens">
            {({ results }) =>
              results.length === 0 ? (
                <Text size="sm" c="dimmed">
                  You have no tokens.
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
    </Page>
  );
}

function NewToken({ token }: { token: string }) {
  return (
    <Alert color="teal" title="Copy it now: it is shown this once">
      <Group>
        <Code style={{ overflowWrap: "anywhere" }}>{token}</Code>
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy"}
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
      <Table.Td>{token.name || "no name"}</Table.Td>
      <Table.Td>
        <Code>{token.begins_with}…</Code>
      </Table.Td>
      <Table.Td>{when(token.created_at)}</Table.Td>
      <Table.Td ta="right">
        <ConfirmButton
          size="compact-sm"
          variant="default"
          label="Revoke"
          question="Revoke this token?"
          confirmLabel="Revoke it"
          error={remove.error}
          onConfirm={() => remove.mutateAsync()}
        >
          Programs that use it are signed out at once.
        </ConfirmButton>
      </Table.Td>
    </Table.Tr>
  );
}
