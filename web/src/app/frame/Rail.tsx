import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import icon from "../../components/ui/icon.svg";
import { useCan } from "../../session/me";
import { productName } from "../../text/common";
import { frame as words } from "../../text/frame";
import { adminPlaces, isFor, mainPlaces, type Place } from "./places";
import classes from "./Rail.module.css";
import { RailServers } from "./RailServers";

interface RailProps {
  isNarrow: boolean;
  onToggle: () => void;
}

/** The pages, at the left of wide screens. */
export function Rail({ isNarrow, onToggle }: RailProps) {
  const can = useCan();
  const Toggle = isNarrow ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  const toggleLabel = isNarrow ? words.expand : words.collapse;
  return (
    <nav className={classes.rail} aria-label={words.mainNavigation}>
      <Link to="/" className={classes.brand} aria-label={productName}>
        <img src={icon} alt="" width={26} height={26} />
        <span className={classes.word}>
          Vintage Story <small>Server Manager</small>
        </span>
      </Link>
      <div className={classes.nav}>
        {mainPlaces
          .filter((place) => isFor(place, can))
          .map((place) => (
            <RailLink key={place.to} place={place} />
          ))}
        <hr className={classes.rule} />
        {adminPlaces
          .filter((place) => isFor(place, can))
          .map((place) => (
            <RailLink key={place.to} place={place} />
          ))}
        <RailServers />
      </div>
      <button type="button" className={classes.toggle} onClick={onToggle} aria-label={toggleLabel} title={toggleLabel}>
        <Toggle size={18} stroke={1.6} aria-hidden="true" />
        <span className={classes.word}>{toggleLabel}</span>
      </button>
    </nav>
  );
}

function RailLink({ place }: { place: Place }) {
  return (
    <Link to={place.to} className={classes.link} activeOptions={{ exact: place.to === "/" }} title={place.label}>
      <place.icon size={18} stroke={1.6} aria-hidden="true" />
      <span className={classes.word}>{place.label}</span>
    </Link>
  );
}
