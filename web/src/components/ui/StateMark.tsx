import classes from "./StateMark.module.css";

export type Tone = "ok" | "busy" | "warn" | "bad" | "off";

/** A shape for each state, so that colour never says it alone. */
const shapes: Record<Tone, React.ReactNode> = {
  ok: (
    <path
      d="M3.2 8.4l3 3 6.6-6.8"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.2"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  busy: (
    <circle
      cx="8"
      cy="8"
      r="5"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.2"
      strokeDasharray="20 12"
      strokeLinecap="round"
    />
  ),
  warn: (
    <path d="M8 2.2l6.3 11.3H1.7z" fill="currentColor" stroke="currentColor" strokeWidth="1.2" strokeLinejoin="round" />
  ),
  bad: <path d="M5.2 1.8h5.6l3.4 3.4v5.6l-3.4 3.4H5.2l-3.4-3.4V5.2z" fill="currentColor" />,
  off: <path d="M3.5 8h9" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />,
};

export function StateShape({ tone, size = 14 }: { tone: Tone; size?: number }) {
  return (
    <svg className={classes.shape} data-tone={tone} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      {shapes[tone]}
    </svg>
  );
}

interface StateMarkProps {
  tone: Tone;
  label: string;
  quiet?: boolean;
  isSentence?: boolean;
}

/** A state: shape and word. `quiet` keeps the word in the text's colour, for tables where most rows are well. `isSentence` lets it
 * have lines, so that it fits on a phone. */
export function StateMark({ tone, label, quiet = false, isSentence = false }: StateMarkProps) {
  return (
    <span
      className={classes.mark}
      data-tone={tone}
      data-quiet={quiet || undefined}
      data-sentence={isSentence || undefined}
    >
      <StateShape tone={tone} />
      <span>{label}</span>
    </span>
  );
}
