import { Page } from "../../components/ui/Page";

export default function RunsPage() {
  return <Page title="Runs">{null}</Page>;
}
