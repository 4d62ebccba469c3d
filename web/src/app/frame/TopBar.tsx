import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import icon from "../../components/ui/icon.svg";
import { productName } from "../../text/common";
import { frame as words } from "../../text/frame";
import { AlertBell } from "./AlertBell";
import { ConnectionMark } from "./ConnectionMark";
import { openPalette } from "./palette/open";
import { PaletteGate } from "./palette/PaletteGate";
import classes from "./TopBar.module.css";
import { UserMenu } from "./UserMenu";

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

export function TopBar() {
  return (
    <header className={classes.bar}>
      <Link to="/" className={classes.brand} aria-label={productName}>
        <img src={icon} alt="" width={26} height={26} />
      </Link>
      <button type="button" className={classes.search} onClick={openPalette}>
        <IconSearch size={16} stroke={1.8} aria-hidden="true" />
        <span className={classes.hint}>{words.searchHint}</span>
        <span className={classes.short}>{words.search}</span>
        <kbd className={classes.keys}>{isApple ? "⌘ K" : "Ctrl K"}</kbd>
      </button>
      <div className={classes.end}>
        <AlertBell />
        <ConnectionMark />
        <UserMenu />
      </div>
      <PaletteGate />
    </header>
  );
}
