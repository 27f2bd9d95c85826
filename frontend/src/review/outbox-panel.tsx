import { Badge, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import { t } from "@/language/translate";
import { useOutboxState } from "@/review/outbox-context";
import { lazily } from "@/ui/lazily";

const list = lazily(async () => (await import("@/review/outbox-list")).OutboxList);

/** Always in sight: how many answers the server does not have yet; opens to the list of them. */
export function OutboxPanel() {
  const [isOpen, setIsOpen] = useState(false);
  const { waiting, refused, trouble } = useOutboxState();
  list.useSoon();
  const isQuiet = waiting.length === 0 && refused.length === 0;
  const n = waiting.length;
  const label = isQuiet ? t("All stored") : refused.length > 0 ? t("{n} waiting, {refused} refused", { n, refused: refused.length }) : t("{n} waiting", { n });
  const colour = refused.length > 0 ? "red" : trouble && waiting.length > 0 ? "orange" : isQuiet ? "teal" : "blue";

  return (
    <>
      <UnstyledButton
        aria-label={t("Answers not stored yet: {what}", { what: label })}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => setIsOpen(true)}
      >
        <Badge color={colour} variant="light" size="lg" tt="none" style={{ cursor: "pointer" }} data-testid="outbox">
          {label}
        </Badge>
      </UnstyledButton>
      {isOpen && <list.Part onClose={() => setIsOpen(false)} />}
    </>
  );
}
