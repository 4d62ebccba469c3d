import type { Schema } from "../../api/client";
import { places as words } from "../../text/places";

/** A place as it is written in the form. */
export interface PlaceDraft {
  name: string;
  kind: "folder" | "restic";
  path: string;
  repository: string;
  password: string;
  environment: string;
  maxAgeHours: string;
}

export type PlaceErrors = Partial<Record<keyof PlaceDraft, string>>;

const USUAL_HOURS = "48";
const MAX_HOURS = 10_000;

export const draftOfPlace = (place?: Schema["OffsiteTarget"]): PlaceDraft => ({
  name: place?.name ?? "",
  kind: place?.kind ?? "folder",
  path: place?.kind === "folder" ? place.where : "",
  repository: place?.kind === "restic" ? place.where : "",
  password: "",
  environment: "",
  maxAgeHours: place ? String(place.max_age_hours) : USUAL_HOURS,
});

/** `hasPassword`: of this very repository one is known already. */
export function placeErrors(draft: PlaceDraft, hasPassword: boolean): PlaceErrors {
  const errors: PlaceErrors = {};
  if (draft.name.trim() === "") errors.name = words.nameMissing;
  if (draft.kind === "folder" && !draft.path.trim().startsWith("/")) errors.path = words.pathWrong;
  if (draft.kind === "restic") {
    if (draft.repository.trim() === "") errors.repository = words.repositoryMissing;
    if (draft.password === "" && !hasPassword) errors.password = words.passwordMissing;
    const wrong = lines(draft.environment).find(([, line]) => !/^[A-Z][A-Z0-9_]*=/.test(line));
    if (wrong) errors.environment = words.environmentWrong(wrong[0]);
  }
  const hours = /^\d+$/.test(draft.maxAgeHours.trim()) ? Number(draft.maxAgeHours) : 0;
  if (hours < 1 || hours > MAX_HOURS) errors.maxAgeHours = words.ageWrong;
  return errors;
}

export function placeOf(draft: PlaceDraft): Schema["NewOffsiteTarget"]["place"] {
  if (draft.kind === "folder") return { kind: "folder", path: draft.path.trim() };
  const environment = lines(draft.environment).map(([, line]) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return {
    kind: "restic",
    repository: draft.repository.trim(),
    ...(draft.password ? { password: draft.password } : {}),
    ...(environment.length > 0 ? { environment: Object.fromEntries(environment) } : {}),
  };
}

/** Only what is another: who changes a name alone does not have the place tried anew. */
export function placeChange(draft: PlaceDraft, known: Schema["OffsiteTarget"]): Schema["OffsiteTargetChange"] {
  const where = draft.kind === "folder" ? draft.path.trim() : draft.repository.trim();
  const isSamePlace =
    draft.kind === known.kind && where === known.where && !draft.password && !draft.environment.trim();
  return {
    name: draft.name.trim(),
    max_age_hours: Number(draft.maxAgeHours),
    ...(isSamePlace ? {} : { place: placeOf(draft) }),
  };
}

/** Those that are not empty, with their numbers. */
function lines(text: string): [number, string][] {
  return text
    .split("\n")
    .map((line, index): [number, string] => [index + 1, line.trim()])
    .filter(([, line]) => line !== "");
}
