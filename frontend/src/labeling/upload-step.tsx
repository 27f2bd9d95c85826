import { Button, Group, Progress, Stack, Text } from "@mantine/core";

import type { UploadState } from "@/labeling/use-upload";
import { PreviewPanel } from "@/labeling/preview-panel";
import { msg, t } from "@/language/translate";
import { DropZone } from "@/ui/drop-zone";
import { bytes, percent } from "@/ui/format";
import { FormError, Loading } from "@/ui/states";

const HINT = msg("CSV, TSV, JSON, JSONL, Parquet, IDX (also .gz), images or texts with one folder per class or none, or a zip of them. What belongs together goes in together: labeled and unlabeled files, a table and its images.");

/** Drop files, see them go, and see what is in them. */
export function UploadStep({ state, isTypeFixed = false }: { state: UploadState; isTypeFixed?: boolean }) {
  if (state.isSending) {
    return (
      <Stack gap="xs" role="status">
        <Group justify="space-between">
          <Text size="sm">{state.files.length === 0 ? t("Reading the files") : t("Sending the files")}</Text>
          <Button size="compact-sm" variant="default" onClick={state.stop}>
            {t("Stop")}
          </Button>
        </Group>
        {state.files.map((file, place) => (
          <Stack key={place} gap={2}>
            <Text size="sm" dir="auto">
              {file.name} · {bytes(file.n_bytes)} · {percent(file.share, 0)}
            </Text>
            <Progress value={file.share * 100} animated={file.share < 1} aria-label={t("Upload of {file}", { file: file.name })} />
          </Stack>
        ))}
      </Stack>
    );
  }
  return (
    <Stack>
      {state.uploads ? (
        <Group justify="space-between" align="start">
          <Stack gap={0}>
            {state.uploads.map((one) => (
              <Text key={one.upload} dir="auto">
                <b>{one.file_name}</b> · {bytes(one.n_bytes)}
              </Text>
            ))}
          </Stack>
          <Button size="compact-sm" variant="default" onClick={state.reset}>
            {t("Choose other files")}
          </Button>
        </Group>
      ) : (
        <DropZone label={t("Drop files or folders here, or click to choose files")} hint={t(HINT)} onFiles={state.send} />
      )}
      <FormError error={state.error} />
      {state.isLooking && !state.preview && <Loading what={t("the first rows")} />}
      {state.preview && (
        <PreviewPanel
          preview={state.preview}
          isTypeFixed={isTypeFixed}
          isBusy={state.isLooking}
          chosen={state.chosen}
          counting={state.counting}
          joins={state.joins}
          onJoin={state.setJoins}
          onChange={state.change}
        />
      )}
    </Stack>
  );
}
