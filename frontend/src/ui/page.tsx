import { Container, Group, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";

/** A page's frame: its title (also the browser's), its actions, its content. */
export function Page({
  title,
  actions,
  size = "lg",
  children,
}: {
  title: string;
  actions?: ReactNode;
  size?: "sm" | "md" | "lg" | "xl";
  children: ReactNode;
}) {
  useDocumentTitle(title);
  return (
    <Container size={size} py="md" px="md">
      <Group justify="space-between" mb="md" gap="sm">
        <Title order={1} size="h2">
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Container>
  );
}

export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Assay`;
  }, [title]);
}
