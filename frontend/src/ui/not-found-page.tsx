import { Text } from "@mantine/core";

import { t } from "@/language/translate";
import { ButtonLink } from "@/ui/link";
import { useDocumentTitle } from "@/ui/page";
import { Empty } from "@/ui/states";

export function NotFoundPage() {
  useDocumentTitle(t("Not found"));
  return (
    <Empty title={t("There is no such page")}>
      <Text c="dimmed">{t("It may have been deleted, or you are not a member of its project. An owner of the project can add you.")}</Text>
      <ButtonLink to="/">{t("To the projects")}</ButtonLink>
    </Empty>
  );
}
