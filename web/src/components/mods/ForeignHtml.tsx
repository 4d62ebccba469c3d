import { createElement, Fragment, memo, type ReactNode } from "react";
import classes from "./ForeignHtml.module.css";

/** Elements that may stay, without any attribute but those named below. */
const KEPT = new Set(
  "abbr b blockquote br code dd del details div dl dt em hr i ins kbd li mark ol p pre s small span strike strong sub summary sup table tbody td tfoot th thead tr u ul".split(
    " ",
  ),
);
/** Elements of which not even the text stays. */
const DROPPED = new Set(
  "applet audio base canvas embed form frame frameset head iframe link math meta noembed noframes noscript object option picture plaintext script select style svg template textarea title video xmp".split(
    " ",
  ),
);
const EMPTY = new Set(["br", "hr"]);
const HEADING = /^h([1-6])$/;
const DEEPEST = 40;
const LOWEST_HEADING = 6;

/**
 * What the author of a mod wrote, as elements of our own: nothing of the foreign markup is put into the page. `below` is the
 * level of the heading it stands under.
 */
export const ForeignHtml = memo(function ForeignHtml({ html, below }: { html: string; below: number }) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  const levels = headingLevels(body, below);
  return <div className={classes.text}>{childrenOf(body, levels, 0)}</div>;
});

type Levels = ReadonlyMap<Element, number>;

function childrenOf(parent: Node, levels: Levels, depth: number): ReactNode[] {
  if (depth > DEEPEST) return [parent.textContent];
  return Array.from(parent.childNodes, (child, key) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the text never changes its order
    <Fragment key={key}>{rendered(child, levels, depth)}</Fragment>
  ));
}

function rendered(node: Node, levels: Levels, depth: number): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const name = node.localName;
  if (DROPPED.has(name) || node.namespaceURI !== "http://www.w3.org/1999/xhtml") return null;
  if (EMPTY.has(name)) return createElement(name);
  const children = childrenOf(node, levels, depth + 1);
  if (name === "a") return link(node, children);
  if (levels.has(node)) return createElement(`h${levels.get(node)}`, null, children);
  if (name === "table") return <div className={classes.table}>{createElement("table", null, children)}</div>;
  if (name === "li" && !node.parentElement?.matches("ul, ol")) return children;
  return KEPT.has(name) ? createElement(name, spans(node, name), children) : children;
}

function link(node: Element, children: ReactNode): ReactNode {
  const href = webAddress(node.getAttribute("href"));
  if (href === null) return children;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** An address of the web, or null: no script, no data, nothing on this manager. */
export function webAddress(text: string | null): string | null {
  if (!text || !/^https?:\/\//i.test(text.trim())) return null;
  try {
    return new URL(text).href;
  } catch {
    return null;
  }
}

function spans(node: Element, name: string): object | null {
  if (name !== "td" && name !== "th") return null;
  return { colSpan: count(node.getAttribute("colspan")), rowSpan: count(node.getAttribute("rowspan")) };
}

function count(text: string | null): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 1 && number <= 100 ? number : undefined;
}

/** Headings below our own, in the order of the author's levels, none more than one step deeper than the one before. */
function headingLevels(body: Element, below: number): Levels {
  const headings = [...body.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const level = (heading: Element) => Number(HEADING.exec(heading.localName)?.[1]);
  const used = [...new Set(headings.map(level))].sort();
  const levels = new Map<Element, number>();
  let before = below;
  for (const heading of headings) {
    before = Math.min(below + 1 + used.indexOf(level(heading)), before + 1, LOWEST_HEADING);
    levels.set(heading, before);
  }
  return levels;
}
