import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from "@mantine/core";

const copper: MantineColorsTuple = [
  "#fbf1ea",
  "#f4e0d3",
  "#ecc3a8",
  "#e3a57d",
  "#db8a5a",
  "#c06d3d",
  "#a4552a",
  "#8b4722",
  "#71391b",
  "#572b14",
];

const red: MantineColorsTuple = [
  "#fdeeec",
  "#fae8e6",
  "#f7c4bf",
  "#f5a39c",
  "#f2827a",
  "#d4554c",
  "#b3261e",
  "#991f18",
  "#7d1913",
  "#60130e",
];

/** Warm neutrals in place of Mantine's cool ones, so that every component of it fits in. */
const gray: MantineColorsTuple = [
  "#fbfaf8",
  "#f3f0eb",
  "#ebe6de",
  "#e4dfd7",
  "#cfc8bd",
  "#948a7d",
  "#6b635a",
  "#4d463f",
  "#36312b",
  "#24201c",
];

const dark: MantineColorsTuple = [
  "#ede8e1",
  "#cfc8be",
  "#a79e93",
  "#7d7468",
  "#37322d",
  "#2f2a26",
  "#1e1b18",
  "#161412",
  "#12100e",
  "#0c0b0a",
];

export const theme = createTheme({
  primaryColor: "copper",
  primaryShade: { light: 6, dark: 4 },
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    if (input.variant !== "filled") return colors;
    return { ...colors, color: input.color === "red" ? "var(--on-bad)" : "var(--on-accent)" };
  },
  colors: { copper, red, gray, dark },
  black: "#24201c",
  white: "#ffffff",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace",
  fontSizes: { xs: "12px", sm: "14px", md: "16px", lg: "20px", xl: "28px" },
  lineHeights: { xs: "1.4", sm: "1.5", md: "1.5", lg: "1.35", xl: "1.25" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  radius: { xs: "3px", sm: "6px", md: "6px", lg: "6px", xl: "6px" },
  defaultRadius: "sm",
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "28px", lineHeight: "1.25" },
      h2: { fontSize: "20px", lineHeight: "1.35" },
      h3: { fontSize: "16px", lineHeight: "1.5" },
    },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Modal: {
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 }, transitionProps: { duration: 140 } },
    },
    Menu: {
      defaultProps: {
        withInitialFocusPlaceholder: false,
        menuItemTabIndex: 0,
        transitionProps: { duration: 120 },
        shadow: "md",
      },
    },
    Tooltip: { defaultProps: { openDelay: 250, events: { hover: true, focus: true, touch: true } } },
  },
});

/** Mantine's own variables follow ours in theme.css, where light and dark are told apart. */
export const cssVariables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--surface-1)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--text-quiet)",
    "--mantine-color-placeholder": "var(--text-quiet)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-error": "var(--bad)",
    "--mantine-color-default": "var(--surface-1)",
    "--mantine-color-default-hover": "var(--surface-2)",
    "--mantine-color-default-color": "var(--text)",
    "--mantine-color-default-border": "var(--line)",
  };
  return { variables: {}, light: shared, dark: shared };
};
