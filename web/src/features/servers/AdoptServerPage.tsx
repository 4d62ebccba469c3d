import { Page } from "../../components/ui/Page";

export default function AdoptServerPage() {
  return <Page title="Servers">{null}</Page>;
}
