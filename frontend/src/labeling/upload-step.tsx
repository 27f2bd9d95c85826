import { Button, Group, Progress, Stack, Text } from "@mantine/core";

import type { UploadState } from "@/labeling/use-upload";
import { PreviewPanel } from "@/labeling/preview-panel";
import { msg, t } from "@/language/translate";
import { DropZone } from "@/ui/drop-zone";
import { bytes, percent } from "@/ui/format";
import { FormError, Loading } from "@/ui/states";

const HINT = msg("CSV, TSV, JSON, JSONL, Parquet, IDX (also .gz), or a zip of images with one folder per class or none");

/** Drop a file, see it go, and see what is in it. */
export function UploadStep({ state, isTypeFixed = false }: { state: UploadState; isTypeFixed?: boolean }) {
  if (state.isSending) {
    return (
      <Stack gap="xs" role="status">
        <Group justify="space-between">
          <Text size="sm">{t("Sending the file: {share}", { share: percent(state.share, 0) })}</Text>
          <Button size="compact-sm" variant="default" onClick={state.stop}>
            {t("Stop")}
          </Button>
        </Group>
        <Progress value={state.share * 100} animated aria-label={t("Upload")} />
      </Stack>
    );
  }
  return (
    <Stack>
      {state.upload ? (
        <Group justify="space-between">
          <Text>
            <b>{state.upload.file_name}</b> · {bytes(state.upload.n_bytes)}
          </Text>
          <Button size="compact-sm" variant="default" onClick={state.reset}>
            {t("Choose another file")}
          </Button>
        </Group>
      ) : (
        <DropZone label={t("Drop a file here, or click to choose one")} hint={t(HINT)} onFile={state.send} />
      )}
      <FormError error={state.error} />
      {state.isLooking && !state.preview && <Loading what={t("the first rows")} />}
      {state.preview && (
        <PreviewPanel preview={state.preview} isTypeFixed={isTypeFixed} isBusy={state.isLooking} onChange={state.change} />
      )}
    </Stack>
  );
}
