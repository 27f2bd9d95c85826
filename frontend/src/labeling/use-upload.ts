import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";

import type { ImportOptions, ItemType, Preview } from "@/api/types";
import { previewUpload, uploadFile } from "@/labeling/api";

/** A file on its way: sent with progress, then looked at; looked at again when its options change. */
export function useUpload(fixedType?: ItemType) {
  const [share, setShare] = useState(0);
  const stop = useRef<AbortController>(null);

  const send = useMutation({
    mutationFn: (file: File) => {
      setShare(0);
      stop.current = new AbortController();
      return uploadFile(file, setShare, stop.current.signal);
    },
    onSuccess: (upload) => look.mutate({ upload: upload.upload }),
  });
  const look = useMutation<Preview, Error, { upload: string; item_type?: ItemType; options?: ImportOptions }>({
    mutationFn: (input) => previewUpload(fixedType ? { ...input, item_type: fixedType } : input),
  });

  return {
    share,
    send: (file: File) => {
      look.reset();
      send.mutate(file);
    },
    stop: () => stop.current?.abort(),
    reset: () => {
      send.reset();
      look.reset();
    },
    upload: send.data,
    isSending: send.isPending,
    preview: look.data,
    isLooking: look.isPending,
    error: send.error ?? look.error,
    change: (change: { item_type?: ItemType; options?: ImportOptions }) => {
      if (send.data) look.mutate({ upload: send.data.upload, item_type: look.data?.item_type, ...change });
    },
  };
}

export type UploadState = ReturnType<typeof useUpload>;
