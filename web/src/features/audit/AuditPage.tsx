import { Page } from "../../components/ui/Page";

export default function AuditPage() {
  return <Page title="Audit">{null}</Page>;
}
