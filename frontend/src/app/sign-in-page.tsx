import { Button, Center, Group, Image, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";

import { useSession, useSignIn } from "@/api/session";
import { rich } from "@/language/rich";
import { t } from "@/language/translate";
import { fieldError } from "@/ui/errors";
import { LanguageSelect } from "@/ui/language-select";
import { useDocumentTitle } from "@/ui/page";
import { FormError } from "@/ui/states";

/** The place to go on to; only ever one of our own pages. */
function placeAfter(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/";
}

export default function SignInPage() {
  const session = useSession();
  const signIn = useSignIn();
  const [search] = useSearchParams();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  useDocumentTitle(t("Sign in"));

  const next = search.get("next");
  if (session.data) return <Navigate to={placeAfter(next)} replace />;

  return (
    <Center mih="100dvh" p="md">
      <Paper withBorder p="xl" w={380} maw="100%">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            signIn.mutate({ username, password });
          }}
        >
          <Stack>
            <Group gap="sm">
              <Image src="/favicon.svg" w={32} h={32} alt="" />
              <Title order={1} size="h3">
                {t("Sign in to Assay")}
              </Title>
            </Group>
            {next && (
              <Text size="sm" c="dimmed">
                {t("You are taken back to where you were. Answers that were not stored yet are sent after you sign in.")}
              </Text>
            )}
            <TextInput
              label={t("User name")}
              autoComplete="username"
              autoFocus
              required
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
              error={fieldError(signIn.error, "username")}
            />
            <PasswordInput
              label={t("Password")}
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              error={fieldError(signIn.error, "password")}
            />
            <FormError error={signIn.error} shownBeside={["username", "password"]} />
            <Button type="submit" loading={signIn.isPending}>
              {t("Sign in")}
            </Button>
            <Text size="xs" c="dimmed">
              {rich("No account? Whoever runs this server makes one with {command}.", { command: <code>assay user add NAME</code> })}
            </Text>
            <LanguageSelect />
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
