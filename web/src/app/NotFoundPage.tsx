import { Link } from "@tanstack/react-router";
import { EmptyState } from "../components/ui/EmptyState";
import { Page } from "../components/ui/Page";
import { common } from "../text/common";
import { frame } from "../text/frame";

export function NotFoundPage() {
  return (
    <Page title={frame.notFoundTitle}>
      <EmptyState title={frame.notFoundText} action={<Link to="/">{common.goToOverview}</Link>} />
    </Page>
  );
}
