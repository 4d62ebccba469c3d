import { useState } from "react";
import classes from "./Logo.module.css";

/** The mod's logo, or its initials: always of the same size, so that nothing moves when it comes. */
export function Logo({ name, url, size }: { name: string; url: string | null; size: number }) {
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  return (
    <span className={classes.logo} style={{ width: size, height: size, fontSize: size * 0.34 }} aria-hidden="true">
      {url && url !== failedUrl ? (
        <img
          src={url}
          alt=""
          width={size}
          height={size}
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => setFailedUrl(url)}
        />
      ) : (
        initials(name)
      )}
    </span>
  );
}

/** "Better Ruins" → "BR". */
export function initials(name: string): string {
  const letters = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  return letters
    .slice(0, 2)
    .map((word) => [...word][0]?.toLocaleUpperCase() ?? "")
    .join("");
}
