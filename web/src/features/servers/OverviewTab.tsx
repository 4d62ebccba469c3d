import type { Schema } from "../../api/client";

export default function OverviewTab({ server }: { server: Schema["ServerDetails"] }) {
  return <h2>{server.name}</h2>;
}
