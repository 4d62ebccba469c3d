import {
  IconArchive,
  IconBell,
  IconCalendarTime,
  IconCircleArrowUp,
  IconClipboardList,
  IconClockPlay,
  IconHistory,
  IconHome,
  IconKey,
  IconPuzzle,
  IconSend,
  IconServer,
  IconSettings,
  IconVersions,
} from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import type { Role } from "../../session/session";
import { places as words } from "../../text/frame";

export interface Place {
  to: NonNullable<LinkProps["to"]>;
  label: string;
  /** Where there is little room. */
  shortLabel?: string;
  icon: typeof IconHome;
  /** The role for everything, which one on single servers does not replace. */
  needs?: Role;
}

export const isFor = (place: Place, can: (needed: Role) => boolean): boolean => !place.needs || can(place.needs);

/** What one comes here for, then what one sets up once. */
export const mainPlaces: readonly Place[] = [
  { to: "/", label: words.overview, icon: IconHome },
  { to: "/servers", label: words.servers, icon: IconServer },
  { to: "/mods", label: words.mods, icon: IconPuzzle },
  { to: "/backups", label: words.backups, icon: IconArchive },
  { to: "/schedules", label: words.schedules, icon: IconClockPlay },
  { to: "/updates", label: words.updates, icon: IconCircleArrowUp },
  { to: "/jobs", label: words.jobs, icon: IconCalendarTime, needs: "viewer" },
  { to: "/runs", label: words.runs, icon: IconHistory },
  { to: "/alerts", label: words.alerts, icon: IconBell },
  { to: "/game-versions", label: words.gameVersions, shortLabel: words.gameVersionsShort, icon: IconVersions },
];

export const adminPlaces: readonly Place[] = [
  { to: "/settings", label: words.settings, icon: IconSettings, needs: "viewer" },
  { to: "/notifications", label: words.notifications, icon: IconSend, needs: "admin" },
  { to: "/access", label: words.access, icon: IconKey, needs: "admin" },
  { to: "/audit", label: words.audit, icon: IconClipboardList, needs: "admin" },
];

const ON_PHONES: readonly Place["to"][] = ["/", "/servers", "/mods", "/jobs"];

/** The four of the bottom bar on phones, as far as they are for this user, else the next ones; the others are behind "More". */
export function phonePlaces(can: (needed: Role) => boolean): readonly Place[] {
  const first = mainPlaces.filter((place) => ON_PHONES.includes(place.to));
  const others = mainPlaces.filter((place) => !first.includes(place));
  const shown = [...first, ...others].filter((place) => isFor(place, can)).slice(0, ON_PHONES.length);
  return mainPlaces.filter((place) => shown.includes(place));
}
