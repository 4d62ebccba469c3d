import { setNonce } from "get-nonce";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

// Dialogs lock scrolling with a style element of their own, which asks get-nonce.
setNonce(nonce);

/** The nonce that the Content-Security-Policy of this answer allows for style elements. */
export function styleNonce(): string {
  return nonce;
}
