import { Page } from "../../components/ui/Page";

export default function RunPage() {
  return <Page title="Run">{null}</Page>;
}
