import { LoadingState } from "../components/ui/LoadingState";

export function WaitingPage() {
  return <LoadingState rows={8} />;
}
