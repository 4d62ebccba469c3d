import { Button } from "@mantine/core";
import { Link, Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { EmptyState } from "../../components/ui/EmptyState";
import { Page } from "../../components/ui/Page";
import { LiveProvider } from "../../live/LiveProvider";
import { MeProvider, useCanSomewhere, useMe } from "../../session/me";
import { noRoles, secondFactorNeeded, frame as words } from "../../text/frame";
import { Banners, ViewBanner } from "./Banners";
import { BottomBar } from "./BottomBar";
import classes from "./Frame.module.css";
import { Rail } from "./Rail";
import { SignInAgain } from "./SignInAgain";
import { TopBar } from "./TopBar";
import { useRail } from "./useRail";

const MAIN_ID = "main";

/** What stands around every page for someone who is signed in. */
export function Frame() {
  const rail = useRail();
  useFocusOnNavigation();
  return (
    <MeProvider>
      <LiveProvider>
        <div className={classes.frame} data-rail={rail.isNarrow ? "narrow" : "wide"}>
          <a href={`#${MAIN_ID}`} className={classes.skip} onClick={skipToMain}>
            {words.skipToContent}
          </a>
          <div className={classes.rail}>
            <Rail isNarrow={rail.isNarrow} onToggle={rail.toggle} />
          </div>
          <div className={classes.column}>
            <TopBar />
            <ViewBanner />
            <Banners />
            <main id={MAIN_ID} tabIndex={-1} className={classes.main}>
              <Content />
            </main>
          </div>
          <BottomBar />
        </div>
        <SignInAgain />
      </LiveProvider>
    </MeProvider>
  );
}

/** The page; for who has no role anywhere there is none but the account's. */
function Content() {
  const canSomewhere = useCanSomewhere();
  const me = useMe();
  const { pathname } = useLocation();
  if (me.must_set_up_second_factor && pathname !== "/account") {
    return (
      <Page title={secondFactorNeeded.title}>
        <EmptyState
          title={secondFactorNeeded.title}
          action={
            <Button component={Link} to="/account" hash="second-factor">
              {secondFactorNeeded.setUp}
            </Button>
          }
        >
          {secondFactorNeeded.text}
        </EmptyState>
      </Page>
    );
  }
  if (!canSomewhere("viewer") && pathname !== "/account") {
    return (
      <Page title={noRoles.title}>
        <EmptyState title={noRoles.title}>{noRoles.text}</EmptyState>
      </Page>
    );
  }
  return <Outlet />;
}

function skipToMain(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById(MAIN_ID)?.focus();
}

/** Who uses a keyboard or a screen reader starts at the heading of the new page, or where it says `data-page-focus`. */
function useFocusOnNavigation(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        if (!fromLocation || !pathChanged) return;
        const main = document.getElementById(MAIN_ID);
        const start = main?.querySelector<HTMLElement>("[data-page-focus]") ?? main?.querySelector<HTMLElement>("h1");
        (start ?? main)?.focus({ preventScroll: true });
      }),
    [router],
  );
}
