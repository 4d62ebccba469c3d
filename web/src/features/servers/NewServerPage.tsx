import { Page } from "../../components/ui/Page";

export default function NewServerPage() {
  return <Page title="Servers">{null}</Page>;
}
