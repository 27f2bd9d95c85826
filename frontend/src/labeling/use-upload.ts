import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import type { Id, ImportOptions, ItemType, Preview } from "@/api/types";
import { previewUploads } from "@/labeling/api";
import { type JoinAnswers, questionsOf, withJoins } from "@/labeling/import-answers";
import { useCheck } from "@/labeling/use-check";
import { useSending } from "@/labeling/use-sending";
import type { PathFile } from "@/ui/dropped-files";

/** Files on their way: sent with progress, then looked at together and counted; again when the options change. */
export function useUpload(fixedType?: ItemType, project?: Id) {
  const [joins, setJoins] = useState<JoinAnswers>({});
  const look = useMutation<Preview, Error, { uploads: string[]; item_type?: ItemType; options?: ImportOptions }>({
    mutationFn: (input) => previewUploads(fixedType ? { ...input, item_type: fixedType } : input),
  });
  const sending = useSending((uploads) => look.mutate({ uploads: uploads.map((one) => one.upload) }));
  const ids = sending.uploads?.map((one) => one.upload) ?? [];

  const counting = useCheck(look.variables?.uploads, look.data, project);

  return {
    counting,
    joins,
    setJoins,
    /** Of the import that begins now: what was detected, chosen, and left at its likeliest answer. */
    options: look.data && withJoins(look.data.options, questionsOf(look.data, counting.check), joins),
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
    /** What somebody chose for this look; the rest of the preview's options was detected. */
    chosen: look.variables?.options ?? {},
    isLooking: look.isPending,
    error: sending.error ?? look.error,
    change: (change: { item_type?: ItemType; options?: ImportOptions }) => {
      if (sending.uploads) look.mutate({ uploads: ids, item_type: look.data?.item_type, ...change });
    },
  };
}

export type UploadState = ReturnType<typeof useUpload>;
