import classes from "./Roles.module.css";

/** A colour by the name that both .NET and browsers know it by; an outline where there is none. */
export function Swatch({ color }: { color: string | null | undefined }) {
  const name = color && /^[A-Za-z]+$/.test(color) ? color.toLowerCase() : "none";
  return (
    <svg className={classes.swatch} width={12} height={12} viewBox="0 0 12 12" aria-hidden="true">
      <rect x="0.5" y="0.5" width="11" height="11" rx="2" fill={name} stroke="currentColor" />
    </svg>
  );
}
