import { ApiError, ApiUnreachable } from "../../../api/client";

interface Sending {
  address: string;
  file: File;
  signal: AbortSignal;
  onSent: (bytes: number) => void;
}

/** Sends a file as it is. `fetch` does not tell how far it is, so this is done in the older way. */
export function sendFile({ address, file, signal, onSent }: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = () => request.abort();
    const end = (error?: unknown) => {
      signal.removeEventListener("abort", cancel);
      if (error === undefined) resolve();
      else reject(error);
    };
    request.open("PUT", address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () => end(request.status < 300 ? undefined : refusal(request));
    request.onerror = () => end(new ApiUnreachable("The connection broke. Nothing of the file was kept. Try again."));
    request.onabort = () => end(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", cancel);
    request.send(file);
  });
}

function refusal(request: XMLHttpRequest): ApiError {
  let problem: { code?: unknown; detail?: unknown } = {};
  try {
    problem = JSON.parse(request.responseText);
  } catch {
    // Something between has answered.
  }
  const code = typeof problem.code === "string" ? problem.code : `http_${request.status}`;
  const detail = typeof problem.detail === "string" ? problem.detail : `It was refused with status ${request.status}.`;
  return new ApiError(request.status, code, detail);
}
