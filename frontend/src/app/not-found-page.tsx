import { Text } from "@mantine/core";

import { ButtonLink } from "@/ui/link";
import { useDocumentTitle } from "@/ui/page";
import { Empty } from "@/ui/states";

export function NotFoundPage() {
  useDocumentTitle("Not found");
  return (
    <Empty title="There is no such page">
      <Text c="dimmed">It may have been deleted, or you are not a member of its project. An owner of the project can add you.</Text>
      <ButtonLink to="/">To the projects</ButtonLink>
    </Empty>
  );
}
