import { Page } from "../../components/ui/Page";

export default function GameVersionsPage() {
  return <Page title="Game versions">{null}</Page>;
}
