import { Checkbox, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { printable } from "../../lib/printable";
import { rules as words } from "../../text/backupRules";
import { offsiteTargetsQuery } from "./api/offsite";
import classes from "./RulesTab.module.css";
import type { RulesDraft } from "./rulesDraft";

interface PlacesChoiceProps {
  draft: RulesDraft;
  error: string | undefined;
  onChange: (changes: Partial<RulesDraft>) => void;
}

/** Where copies of the backups of a server go, and whether they stay here, too. */
export function PlacesChoice({ draft, error, onChange }: PlacesChoiceProps) {
  const places = useQuery(offsiteTargetsQuery());
  if (places.isPending) return <LoadingState rows={2} />;
  if (places.isLoadingError) return <ErrorState error={places.error} onRetry={places.refetch} />;
  const toggle = (id: string) => {
    const targets = draft.targets.includes(id) ? draft.targets.filter((other) => other !== id) : [...draft.targets, id];
    // Backups have to be somewhere.
    onChange({ targets, keepLocal: draft.keepLocal || targets.length === 0 });
  };
  if (places.data?.items.length === 0) {
    return (
      <p className={classes.text}>
        {words.noPlaces} <Link to="/backups/places">{words.addPlace}</Link>
      </p>
    );
  }
  return (
    <div className={classes.fields}>
      <Checkbox.Group label={words.elsewhereText} error={error} value={[...draft.targets]}>
        <div className={classes.places}>
          {places.data?.items.map((place) => (
            <Checkbox
              key={place.id}
              value={place.id}
              label={printable(place.name)}
              description={printable(place.where)}
              onChange={() => toggle(place.id)}
            />
          ))}
        </div>
      </Checkbox.Group>
      <Switch
        label={words.keepLocal}
        description={draft.targets.length === 0 ? words.keepLocalNeedsPlace : words.keepLocalHint}
        checked={draft.keepLocal}
        disabled={draft.targets.length === 0}
        onChange={(event) => onChange({ keepLocal: event.currentTarget.checked })}
      />
    </div>
  );
}
