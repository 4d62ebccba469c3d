import { Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useCan } from "../../session/me";
import { frame as words } from "../../text/frame";
import classes from "./BottomBar.module.css";
import { adminPlaces, isFor, mainPlaces, phonePlaces } from "./places";

/** The pages, at the bottom of phones. */
export function BottomBar() {
  const can = useCan();
  const shown = phonePlaces(can);
  const others = [...mainPlaces, ...adminPlaces].filter((place) => !shown.includes(place) && isFor(place, can));
  return (
    <nav className={classes.bar} aria-label={words.mainNavigation}>
      {shown.map((place) => (
        <Link key={place.to} to={place.to} className={classes.place} activeOptions={{ exact: place.to === "/" }}>
          <place.icon size={20} stroke={1.6} aria-hidden="true" />
          {place.label}
        </Link>
      ))}
      <Menu position="top-end" width={220}>
        <Menu.Target>
          <button type="button" className={classes.place} aria-label={words.morePages}>
            <IconDots size={20} stroke={1.6} aria-hidden="true" />
            {words.more}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {others.map((place) => (
            <Menu.Item
              key={place.to}
              component={Link}
              to={place.to}
              leftSection={<place.icon size={18} stroke={1.6} aria-hidden="true" />}
            >
              {place.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  );
}
