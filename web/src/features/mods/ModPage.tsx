import { Page } from "../../components/ui/Page";

export default function ModPage() {
  return <Page title="Mod">{null}</Page>;
}
