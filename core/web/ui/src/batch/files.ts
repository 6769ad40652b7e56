// Files as the browser hands them over: dropped folders, chosen folders, a zip.
import { post, postBytes } from '../api';

export interface Named { name: string; file: File }

const relevant = (name: string) => !name.split('/').some((part) => part.startsWith('.')) && !/Thumbs\.db$/i.test(name);

async function inside(entry: FileSystemEntry, path: string): Promise<Named[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    return [{ name: path + entry.name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: Named[] = [];
  for (;;) { // a folder is given out a hundred entries at a time
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return all;
    for (const one of some) all.push(...await inside(one, `${path}${entry.name}/`));
  }
}

export async function dropped(transfer: DataTransfer): Promise<Named[]> {
  // Asked for before anything is awaited: the browser empties the list afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = [...transfer.files];
  if (entries.every((one) => one === null)) return files.map((file) => ({ name: file.name, file })).filter((one) => relevant(one.name));
  const all: Named[] = [];
  for (const entry of entries) if (entry) all.push(...await inside(entry, ''));
  return all.filter((one) => relevant(one.name));
}

export function chosen(list: FileList): Named[] {
  return [...list].map((file) => ({ name: file.webkitRelativePath || file.name, file })).filter((one) => relevant(one.name));
}

/** Sends everything; says after each file how far it is. Returns the drop's name. */
export async function send(files: Named[], progress: (done: number, all: number) => void): Promise<string> {
  const { drop } = await post<{ drop: string }>('/api/drop/begin');
  let done = 0;
  const next = [...files];
  const worker = async () => {
    for (let one = next.shift(); one; one = next.shift()) {
      const zip = /\.zip$/i.test(one.name);
      await postBytes(zip ? `/api/drop/zip?drop=${drop}` : `/api/drop/file?drop=${drop}&name=${encodeURIComponent(one.name)}`, one.file);
      progress(++done, files.length);
    }
  };
  progress(0, files.length);
  await Promise.all([worker(), worker()]);
  return drop;
}
