import { useEffect, useRef } from "react";
import { commandLine as words } from "../../text/console";
import classes from "./CommandLine.module.css";
import { type Hint, typedName } from "./completion";

interface CompletionProps {
  id: string;
  options: readonly Hint[];
  chosen: number;
  onChoose: (option: number) => void;
}

/** Commands that fit, above the line. The focus stays in the line. */
export function Completion({ id, options, chosen, onChoose }: CompletionProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector(`[id="${id}-${chosen}"]`)?.scrollIntoView({ block: "nearest" });
  }, [id, chosen]);
  return (
    <>
      <span className="visually-hidden" role="status">
        {words.hintCount(options.length)}
      </span>
      <div ref={list} id={id} className={classes.options} role="listbox" aria-label={words.hints}>
        {options.map((hint, option) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the line's
          <div
            key={hint.name}
            id={`${id}-${option}`}
            className={classes.option}
            role="option"
            tabIndex={-1}
            aria-selected={option === chosen}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(option)}
          >
            <span className={classes.name}>{typedName(hint)}</span>
            <span className={classes.about}>{hint.text}</span>
          </div>
        ))}
      </div>
    </>
  );
}
