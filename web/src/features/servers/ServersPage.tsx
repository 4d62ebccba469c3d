import { Page } from "../../components/ui/Page";

export default function ServersPage() {
  return <Page title="Servers">{null}</Page>;
}
