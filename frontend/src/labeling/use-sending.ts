import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";

import type { Upload } from "@/api/types";
import { uploadFile } from "@/labeling/api";
import { packed, type PathFile } from "@/ui/dropped-files";

/** A file on its way, `share` of it gone (0 to 1). */
export interface Sending {
  name: string;
  n_bytes: number;
  share: number;
}

/** Sends files one after the other, each with its progress. Folders are packed first; stopping stops all of them. */
export function useSending(onSent: (uploads: Upload[]) => void) {
  const [files, setFiles] = useState<Sending[]>([]);
  const stop = useRef<AbortController>(null);

  const send = useMutation({
    mutationFn: async (dropped: PathFile[]) => {
      const control = new AbortController();
      stop.current = control;
      setFiles([]);
      const parcels = await packed(dropped);
      setFiles(parcels.map((file) => ({ name: file.name, n_bytes: file.size, share: 0 })));
      const uploads: Upload[] = [];
      for (const [place, file] of parcels.entries()) {
        const tell = (share: number) => setFiles((now) => now.map((one, at) => (at === place ? { ...one, share } : one)));
        uploads.push(await uploadFile(file, tell, control.signal));
        tell(1);
      }
      return uploads;
    },
    onSuccess: onSent,
  });

  return {
    files,
    send: send.mutate,
    stop: () => stop.current?.abort(),
    reset: send.reset,
    uploads: send.data,
    isSending: send.isPending,
    error: send.error,
  };
}
