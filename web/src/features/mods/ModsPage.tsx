import { Page } from "../../components/ui/Page";

export default function ModsPage() {
  return <Page title="Mods">{null}</Page>;
}
