import { Page } from "../../components/ui/Page";

export default function SettingsPage() {
  return <Page title="Settings">{null}</Page>;
}
