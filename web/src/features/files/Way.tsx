import { Link } from "@tanstack/react-router";
import { files as words } from "../../text/files";
import classes from "./files.module.css";

/** Where one is, each folder on the way a link. */
export function Way({ serverId, path, isFile = false }: { serverId: string; path: string; isFile?: boolean }) {
  const parts = path === "" ? [] : path.split("/");
  const steps = [
    { name: words.root, path: "" },
    ...parts.map((name, at) => ({ name, path: parts.slice(0, at + 1).join("/") })),
  ];
  return (
    <nav aria-label={words.way} className={classes.way}>
      <ol>
        {steps.map((step, at) => (
          <li key={step.path}>
            {at === steps.length - 1 ? (
              <span aria-current={isFile ? undefined : "page"} className={classes.here}>
                {step.name}
              </span>
            ) : (
              <Link
                to="/servers/$serverId/files"
                params={{ serverId }}
                search={step.path === "" ? {} : { path: step.path }}
              >
                {step.name}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
