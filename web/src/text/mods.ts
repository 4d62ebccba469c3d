import { formatNumber } from "../lib/numbers";

const sides: Readonly<Record<string, string>> = { both: "Client and server", server: "Server", client: "Client" };
const types: Readonly<Record<string, string>> = { mod: "Mod", externaltool: "External tool", other: "Other" };
const sorts = {
  relevance: "Best match",
  downloads: "Most downloads",
  last_released: "Newest release",
  name: "Name",
};

const mods = (count: number) => (count === 1 ? "1 mod" : `${formatNumber(count)} mods`);

export const catalog = {
  title: "Mods",
  search: "Search the mods",
  searchHint: "Name, author, tag or a few words",
  shortcut: "/",
  side: "Side",
  type: "Type",
  tag: "Tag",
  gameVersion: "Game version",
  sortedBy: (sort: keyof typeof sorts) => `Sort: ${sorts[sort]}`,
  sideWord: (side: string) => sides[side] ?? side,
  typeWord: (type: string) => types[type] ?? type,
  sorts,
  chips: {
    side: (side: string) => `Side: ${sides[side] ?? side}`,
    type: (type: string) => `Type: ${types[type] ?? type}`,
    tag: (tag: string) => `Tag: ${tag}`,
    author: (author: string) => `Author: ${author}`,
    gameVersion: (version: string) => `For ${version}`,
  },
  found: mods,
  updated: "updated",
  list: "Mods found",
  by: "by",
  downloads: (count: string) => `${count} downloads`,
  loadingMore: "Loading more",
  thatIsAll: (count: number) => (count === 1 ? "That is the one mod." : `That is all ${mods(count)}.`),
  moreFailed: "The next mods could not be loaded.",
  more: "Load more",

  nothingTitle: "No mod fits",
  nothingText: "Use fewer or shorter words, or take a filter away.",
  linkTitle: "This link means no mod that is known",
  linkText:
    "Neither the catalogue nor the mod database has a mod or a release that belongs to it. Look whether it is whole.",
  clear: "Show all mods",
  refusedTitle: "This cannot be searched for",

  fillingTitle: "The catalogue is being filled",
  fillingText:
    "The manager is fetching the list of mods from the mod database. It takes a few seconds the first time, and this page shows it by itself.",
  versionFillingTitle: "Finding out which mods fit",
  versionFillingText: "The manager is asking the mod database which mods have a release for this version of the game.",
  unavailableTitle: "There is no catalogue yet",
  unavailableText:
    "The list of mods could not be fetched from the mod database. The manager keeps trying; the job says what is wrong.",
  toJob: "See the job",
  staleTitle: "The mod database does not answer at the moment; this is what it said before.",
};

export const mod = {
  title: "Mod",
  back: "All mods",
  official: "Open in the mod database",
  opensNewTab: "opens in a new tab",
  about: "About this mod",
  author: "Author",
  side: "Runs on",
  type: "Kind",
  downloads: "Downloads",
  follows: "Followers",
  comments: "Comments",
  trending: "Trending points",
  latest: "Latest release",
  created: "First published",
  ids: "Mod ids",
  tags: "Tags",
  links: "Links",
  homepage: "Home page",
  source: "Source code",
  issues: "Report a problem",
  wiki: "Wiki",
  trailer: "Trailer",
  pictures: (count: number) =>
    count === 1 ? "1 picture in the mod database" : `${count} pictures in the mod database`,
  notSaid: "not said",
  description: "Description",
  noDescription: "The author has written no description.",
  releases: "Releases",
  noReleases: "There is no release yet.",
  table: {
    version: "Version",
    gameVersions: "Game versions",
    released: "Released",
    downloads: "Downloads",
    changes: "Changes",
    fit: "Fits",
    install: "Install",
  },
  allGameVersions: "not said",
  showChanges: (version: string) => `Changes in ${version}`,
  changes: "Changes",
  noFile: "no file",
  showAll: (count: number) => `Show all ${count} releases`,
  stale: "The mod database could not be asked. This is what it said",
  unlisted:
    "This mod is no longer in the list of the mod database. It may have been taken down; what is known of it is below.",
  also: "Other mods with the same id:",
};
