/** What the pages about a server's configuration keep in their addresses. Whatever doesn't fit is left out. */

export interface SettingsSearch {
  q?: string;
  changed?: true;
  advanced?: true;
}

export function readSettingsSearch(address: Record<string, unknown>): SettingsSearch {
  const { q, changed, advanced } = address;
  return {
    ...((typeof q === "string" || typeof q === "number") && String(q) !== "" && { q: String(q).slice(0, 100) }),
    ...(changed === true && { changed }),
    ...(advanced === true && { advanced }),
  };
}

export interface RolesSearch {
  role?: string;
}

export function readRolesSearch(address: Record<string, unknown>): RolesSearch {
  return typeof address.role === "string" && address.role ? { role: address.role } : {};
}

export interface FileSearch {
  file?: "servermagicnumbers";
}

export function readFileSearch(address: Record<string, unknown>): FileSearch {
  return address.file === "servermagicnumbers" ? { file: address.file } : {};
}
