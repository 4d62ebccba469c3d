import { Page } from "../../components/ui/Page";

export default function AccessPage() {
  return <Page title="Access">{null}</Page>;
}
