import { useParams } from "react-router";

/** The number in the page's address; NaN (which no row has) where somebody typed something else. */
export function useIdParam(name: string): number {
  const value = useParams()[name] ?? "";
  return /^\d+$/.test(value) ? Number(value) : Number.NaN;
}
