import type { Field } from "./draft";

/** In the order in which the manager tells them. */
export function groupsOf(fields: readonly Field[]): [string, Field[]][] {
  const groups = new Map<string, Field[]>();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups];
}

export const groupId = (group: string) => `group-${group.toLocaleLowerCase().replace(/[^a-z0-9]+/g, "-")}`;

/** Each of the words stands somewhere in its title, its names, its text or its choices. */
export function isFound(field: Field, q: string | undefined): boolean {
  if (q === undefined) return true;
  const choices = field.choices?.map(({ title, value }) => `${title} ${String(value)}`) ?? [];
  const all = [field.title, field.path.join(" "), field.text, field.group, field.command ?? "", ...choices]
    .join(" ")
    .toLocaleLowerCase();
  return q
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** What belongs to the world, not to the server that it runs on. */
export const isOfWorld = (field: Field) => field.path[0] === "WorldConfig" || field.takes_effect === "new_world";
