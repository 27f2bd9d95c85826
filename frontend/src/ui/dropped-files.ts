/** What was dropped or picked, as files with their paths; folders become one archive each. */

import { downloadZip } from "client-zip";

/** A file with the folders that it came in, "/" between them; a loose file has its name only. */
export interface PathFile {
  path: string;
  file: File;
}

/** More loose files than this travel as one archive, since each upload is a request of its own. */
export const MAX_LOOSE = 20;

/** Everything in a drop, folders too. Must be called while the event is handled: afterwards the browser forgets. */
export async function filesOfDrop(transfer: DataTransfer): Promise<PathFile[]> {
  const entries = [...transfer.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  if (entries.every((entry) => entry === null)) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found = await Promise.all(entries.map((entry) => (entry ? filesOfEntry(entry) : [])));
  return found.flat();
}

/** What an input of files or of a folder holds. */
export function filesOfInput(input: HTMLInputElement): PathFile[] {
  return [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function filesOfEntry(entry: FileSystemEntry): Promise<PathFile[]> {
  const path = entry.fullPath.replace(/^\/+/, "");
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: PathFile[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject)); // 100 at most
    if (some.length === 0) return found;
    for (const inner of some) found.push(...(await filesOfEntry(inner)));
  }
}

/** Which of these files travel together: each loose one by itself, what is in a folder as one archive of its name. */
export function parcelsOf(files: readonly PathFile[]): { name: string; files: PathFile[]; isPacked: boolean }[] {
  const loose = files.filter(({ path }) => !path.includes("/"));
  const folders = new Map<string, PathFile[]>();
  for (const one of files) {
    const [top, ...rest] = one.path.split("/");
    if (top === undefined || rest.length === 0) continue;
    const inner = folders.get(top);
    const below = { path: rest.join("/"), file: one.file };
    if (inner) inner.push(below);
    else folders.set(top, [below]);
  }
  const alone =
    loose.length > MAX_LOOSE
      ? [{ name: "files.zip", files: loose, isPacked: true }]
      : loose.map((one) => ({ name: one.file.name, files: [one], isPacked: false }));
  return [...alone, ...[...folders].map(([name, inner]) => ({ name: `${name}.zip`, files: inner, isPacked: true }))];
}

/** The files to send for what was dropped. */
export async function packed(files: readonly PathFile[]): Promise<File[]> {
  const sent: File[] = [];
  for (const parcel of parcelsOf(files)) {
    const [first] = parcel.files;
    if (!parcel.isPacked && first) sent.push(first.file);
    else sent.push(new File([await downloadZip(parcel.files.map(({ path, file }) => ({ name: path, input: file }))).blob()], parcel.name));
  }
  return sent;
}
