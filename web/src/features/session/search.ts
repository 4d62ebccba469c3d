/** Where to go after signing in: a path of this site, nothing else. */
export interface SignInSearch {
  to?: string;
}

export function readSignInSearch(address: Record<string, unknown>): SignInSearch {
  const to = address.to;
  const isOwnPath = typeof to === "string" && /^\/(?![/\\])/.test(to) && !to.startsWith("/sign-in");
  return isOwnPath ? { to } : {};
}
