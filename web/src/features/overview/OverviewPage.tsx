import { Page } from "../../components/ui/Page";

export default function OverviewPage() {
  return <Page title="Overview">{null}</Page>;
}
