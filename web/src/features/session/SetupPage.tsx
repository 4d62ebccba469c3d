import { Page } from "../../components/ui/Page";

export default function SetupPage() {
  return <Page title="Set up">{null}</Page>;
}
