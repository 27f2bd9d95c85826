import type { Problem } from "@/api/types";

/** The problems as CSV. Cells come from strangers' files, so none begins like a formula. */
export function problemsCsv(problems: Problem[]): string {
  const rows = problems.map((one) => [one.file, one.row === null ? "" : String(one.row), one.field, one.message]);
  return `\ufeff${[["file", "row", "field", "message"], ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
}

function cell(text: string): string {
  const plain = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
