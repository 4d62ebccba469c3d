import { Page } from "../../components/ui/Page";

export default function JobPage() {
  return <Page title="Job">{null}</Page>;
}
