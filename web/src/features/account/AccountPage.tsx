import { Page } from "../../components/ui/Page";

export default function AccountPage() {
  return <Page title="Account">{null}</Page>;
}
