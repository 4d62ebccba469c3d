import type { Schema } from "../../api/client";

export default function SettingsTab({ server }: { server: Schema["ServerDetails"] }) {
  return <h2>{server.name}</h2>;
}
