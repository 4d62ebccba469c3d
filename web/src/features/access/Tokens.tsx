import { Button, Switch } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schema } from "../../api/client";
import { ConfirmDialog } from "../../components/ui/ConfirmDialog";
import { DataTable } from "../../components/ui/DataTable";
import { EmptyState } from "../../components/ui/EmptyState";
import { ErrorState } from "../../components/ui/ErrorState";
import { LoadingState } from "../../components/ui/LoadingState";
import { Section } from "../../components/ui/Page";
import { StateMark } from "../../components/ui/StateMark";
import { Time } from "../../components/ui/Time";
import { access, tokens as words } from "../../text/access";
import classes from "./access.module.css";
import { tokensQuery, useRevokeToken } from "./api/tokens";
import { CreateToken } from "./CreateToken";
import { RolesCell } from "./ServerRoles";

type Token = Schema["TokenView"];

export function Tokens() {
  const [withRevoked, setWithRevoked] = useState(false);
  const tokens = useInfiniteQuery(tokensQuery(withRevoked));
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<Token | null>(null);
  const [isAsking, setAsking] = useState(false);
  const revoke = useRevokeToken();
  const list = tokens.data?.pages.flatMap((page) => page.items) ?? [];
  const create = (
    <Button
      variant={list.length > 0 ? "default" : undefined}
      leftSection={<IconPlus size={16} aria-hidden="true" />}
      onClick={() => setCreating(true)}
    >
      {words.create}
    </Button>
  );
  return (
    <Section title={words.title} actions={list.length > 0 && create}>
      {tokens.isPending && <LoadingState rows={4} />}
      {tokens.isLoadingError && <ErrorState error={tokens.error} onRetry={tokens.refetch} />}
      {tokens.data && list.length === 0 && (
        <EmptyState title={words.emptyTitle} action={create}>
          {words.emptyText}
        </EmptyState>
      )}
      {list.length > 0 && (
        <TokenTable
          tokens={list}
          onRevoke={(token) => {
            setAsked(token);
            setAsking(true);
          }}
        />
      )}
      {tokens.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={tokens.isFetchingNextPage}
          onClick={() => void tokens.fetchNextPage()}
        >
          {access.showMore}
        </Button>
      )}
      {tokens.data && (
        <Switch
          className={classes.switch}
          label={words.withRevoked}
          checked={withRevoked}
          onChange={(event) => setWithRevoked(event.currentTarget.checked)}
        />
      )}
      <CreateToken opened={isCreating} onClose={() => setCreating(false)} />
      {asked && (
        <ConfirmDialog
          opened={isAsking}
          onClose={() => setAsking(false)}
          title={words.revokeTitle(asked.name)}
          confirmLabel={words.revokeName(asked.name)}
          onConfirm={() => revoke.mutateAsync(asked.id)}
        >
          <p className={classes.text}>{words.revokeLost}</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

function TokenTable({ tokens, onRevoke }: { tokens: readonly Token[]; onRevoke: (token: Token) => void }) {
  return (
    <DataTable label={words.title} stacked>
      <thead>
        <tr>
          <th>{words.table.name}</th>
          <th>{words.table.role}</th>
          <th>{words.table.lastUsed}</th>
          <th>{words.table.created}</th>
          <th>
            <span className="visually-hidden">{words.revoke}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr key={token.id}>
            <td data-label={words.table.name} data-width="fill">
              <span className={classes.named}>
                <strong className={classes.name}>{token.name}</strong>
                {token.revoked_at && (
                  <span className={classes.created}>
                    <StateMark tone="off" label={words.revoked} />
                    <Time value={token.revoked_at} />
                  </span>
                )}
              </span>
            </td>
            <td data-label={words.table.role}>
              <RolesCell role={token.role} serverRoles={token.server_roles} />
            </td>
            <td data-label={words.table.lastUsed}>
              <Time value={token.last_used_at} absent={words.neverUsed} />
            </td>
            <td data-label={words.table.created}>
              <span className={classes.created}>
                <Time value={token.created_at} />
                <span className="quiet">{words.by(token.created_by)}</span>
              </span>
            </td>
            <td data-align="end">
              {!token.revoked_at && (
                <Button
                  variant="default"
                  size="xs"
                  aria-label={words.revokeName(token.name)}
                  onClick={() => onRevoke(token)}
                >
                  {words.revoke}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}
