/** Where to go after signing in: a path of this site, nothing else. */
export interface SignInSearch {
  to?: string;
}

export function readSignInSearch(address: Record<string, unknown>): SignInSearch {
  const { to } = address;
  return typeof to === "string" && leadsToOwnPage(to) ? { to } : {};
}

/** As a browser reads it, which leaves out tabs and line breaks and takes \ for /. */
function leadsToOwnPage(to: string): boolean {
  if (!to.startsWith("/")) return false;
  try {
    const { origin, pathname } = new URL(to, window.location.origin);
    return origin === window.location.origin && !pathname.startsWith("//") && !pathname.startsWith("/sign-in");
  } catch {
    return false;
  }
}
