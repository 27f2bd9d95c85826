import { useMutation } from "@tanstack/react-query";

import type { ImportOptions, ItemType, Preview } from "@/api/types";
import { previewUploads } from "@/labeling/api";
import { useSending } from "@/labeling/use-sending";
import type { PathFile } from "@/ui/dropped-files";

/** Files on their way: sent with progress, then looked at together; looked at again when its options change. */
export function useUpload(fixedType?: ItemType) {
  const look = useMutation<Preview, Error, { uploads: string[]; item_type?: ItemType; options?: ImportOptions }>({
    mutationFn: (input) => previewUploads(fixedType ? { ...input, item_type: fixedType } : input),
  });
  const sending = useSending((uploads) => look.mutate({ uploads: uploads.map((one) => one.upload) }));
  const ids = sending.uploads?.map((one) => one.upload) ?? [];

  return {
    files: sending.files,
    send: (files: PathFile[]) => {
      look.reset();
      sending.send(files);
    },
    stop: sending.stop,
    reset: () => {
      sending.reset();
      look.reset();
    },
    uploads: sending.uploads,
    /** Which uploads an import is to read. */
    ids,
    isSending: sending.isSending,
    preview: look.data,
    isLooking: look.isPending,
    error: sending.error ?? look.error,
    change: (change: { item_type?: ItemType; options?: ImportOptions }) => {
      if (sending.uploads) look.mutate({ uploads: ids, item_type: look.data?.item_type, ...change });
    },
  };
}

export type UploadState = ReturnType<typeof useUpload>;
