import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { NeedsRole } from "../../components/ui/NeedsRole";
import { Page } from "../../components/ui/Page";
import { useCan, useMe } from "../../session/me";
import { newServer as words } from "../../text/newServer";
import { newServerQuery } from "./api/newServer";
import { NewServerForm } from "./NewServerForm";

export default function NewServerPage() {
  const can = useCan();
  const { role } = useMe();
  return (
    <Page title={words.title} lead={words.lead} back={<Link to="/servers">{words.back}</Link>}>
      {can("admin") ? <Form /> : <NeedsRole needed="admin" own={role} />}
    </Page>
  );
}

function Form() {
  // What a form starts with is asked for once; what is typed after that stays.
  const hints = useQuery({ ...newServerQuery(), refetchOnMount: "always", staleTime: Number.POSITIVE_INFINITY });
  if (hints.isPending) return <LoadingState rows={8} />;
  if (hints.isLoadingError) return <ErrorState error={hints.error} onRetry={hints.refetch} />;
  return <NewServerForm hints={hints.data} />;
}
