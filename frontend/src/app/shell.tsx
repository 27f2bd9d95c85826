import { Anchor, Button, Group, Image, Menu, Text } from "@mantine/core";
import { Link, Outlet } from "react-router";

import { useSession, useSignOut } from "@/api/session";
import { HealthBanner } from "@/app/health-banner";
import styles from "@/app/shell.module.css";
import { t } from "@/language/translate";
import { OutboxPanel } from "@/review/outbox-panel";
import { ColourSchemeToggle } from "@/ui/colour-scheme";

/** The frame of every page but the review page: where home is, who is here, what waits, what is down. */
export function Shell() {
  return (
    <>
      <a className={styles.skip} href="#content">
        {t("Skip to the content")}
      </a>
      <header className={styles.header}>
        <Anchor component={Link} to="/" underline="never" c="inherit" aria-label={t("Assay: projects")}>
          <Group gap="xs" wrap="nowrap">
            <Image src="/favicon.svg" w={26} h={26} alt="" />
            <Text fw={700} size="lg">
              {t("Assay")}
            </Text>
          </Group>
        </Anchor>
        <Group gap="xs" wrap="nowrap">
          <OutboxPanel />
          <ColourSchemeToggle />
          <PersonMenu />
        </Group>
      </header>
      <HealthBanner />
      <main id="content" tabIndex={-1} className={styles.content}>
        <Outlet />
      </main>
    </>
  );
}

function PersonMenu() {
  const session = useSession();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-md">
          {session.data?.username}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/account">
          {t("Account")}
        </Menu.Item>
        <Menu.Item component={Link} to="/help">
          {t("Help")}
        </Menu.Item>
        <Menu.Item component={Link} to="/parts">
          {t("System status")}
        </Menu.Item>
        <Menu.Item component="a" href="/api/docs">
          API
        </Menu.Item>
        {session.data?.is_staff && (
          <Menu.Item component="a" href="/admin/">
            {t("Admin")}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate()}>{t("Sign out")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
