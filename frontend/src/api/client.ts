/** The one way to the server: JSON in and out, the CSRF token, and one error class. */

import { t } from "@/language/translate";

/** What the server refused, or why it could not be reached (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, string[]> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** True where trying again later may help: nobody answered, or the server is not well. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }
}

type QueryValue = string | number | boolean | null | undefined;
export type Query = Record<string, QueryValue>;

interface RequestOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

const signedOutListeners = new Set<() => void>();

/** Calls `listener` whenever the server says that the session is over. Returns the way to stop. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

export function pathWithQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export function csrfToken(): string {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The server's error body as an ApiError; says so in words where the body has another shape. */
export function errorFrom(status: number, body: unknown): ApiError {
  if (isRecord(body) && typeof body.message === "string") {
    const fields: Record<string, string[]> = {};
    if (isRecord(body.fields)) {
      for (const [name, sentences] of Object.entries(body.fields)) {
        fields[name] = (Array.isArray(sentences) ? sentences : [sentences]).map(String);
      }
    }
    return new ApiError(status, typeof body.code === "string" ? body.code : "error", body.message, fields);
  }
  const message =
    status >= 500
      ? t("The server failed ({status}). Try again; if it goes on, look at the server's log.", { status })
      : t("The server answered {status} without saying why.", { status });
  return new ApiError(status, "error", message);
}

export function unreachable(): ApiError {
  return new ApiError(0, "unreachable", t("The server cannot be reached. Check the connection; this page tries again."));
}

async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();

  let response: Response;
  try {
    response = await fetch(pathWithQuery(`/api${path}`, options.query), {
      method,
      headers,
      credentials: "same-origin",
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal?.aborted && options.signal.reason?.name !== "TimeoutError") throw error;
    throw unreachable();
  }

  const text = await response.text();
  const body = parseJson(text);
  if (response.ok) return body as T;
  const error = errorFrom(response.status, body);
  // The sign-in form's own 401 is an answer to it, not the end of a session.
  if (error.isSignedOut && path !== "/session") signedOutListeners.forEach((listener) => listener());
  throw error;
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", path, { query, signal }),
  post: <T>(path: string, body?: unknown, signal?: AbortSignal) => request<T>("POST", path, { body: body ?? {}, signal }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>("PATCH", path, { body }),
  delete: <T = unknown>(path: string) => request<T>("DELETE", path),
};

/** Sends one file, telling how much of it is gone (0 to 1). fetch cannot report that; XMLHttpRequest can. */
export function upload<T>(
  path: string,
  file: File,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name);
    call.open("POST", `/api${path}`);
    call.setRequestHeader("X-CSRFToken", csrfToken());
    call.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    const stopped = () => reject(new ApiError(0, "stopped", t("The upload was stopped.")));
    call.onerror = () => reject(unreachable());
    call.onabort = stopped;
    call.onload = () => {
      const body = parseJson(call.responseText);
      if (call.status >= 200 && call.status < 300) resolve(body as T);
      else {
        const error = errorFrom(call.status, body);
        if (error.isSignedOut) signedOutListeners.forEach((listener) => listener());
        reject(error);
      }
    };
    signal?.addEventListener("abort", () => call.abort());
    if (signal?.aborted) stopped();
    else call.send(form);
  });
}
