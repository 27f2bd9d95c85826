import { Switch } from "@mantine/core";

import { t } from "@/language/translate";

/** A label in a file counts as a person's, unless the user says that it came from a machine. */
export function HumanLabelsSwitch({ isHuman, onChange }: { isHuman: boolean; onChange: (isHuman: boolean) => void }) {
  return (
    <Switch
      label={t("The labels in this file were made by people")}
      description={t("Off: they came from a machine, are shown as such, and are never trained on as truth")}
      checked={isHuman}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}
