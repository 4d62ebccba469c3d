import { Button, Menu, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useJobs } from "../../api/jobs";
import { runStateWords, runTriggers } from "../../text/runStates";
import { OPERATIONS, operationTitle, runs as runWords } from "../../text/runs";
import classes from "./RunFilterBar.module.css";
import { RUN_STATES, RUN_TRIGGERS, type RunFilters } from "./search";

const words = runWords.filters;

interface RunFilterBarProps {
  filters: RunFilters;
  onChange: (filters: RunFilters) => void;
}

/** Which runs are shown: menus to choose from, and each filter that is set as a chip that removes it. */
export function RunFilterBar({ filters, onChange }: RunFilterBarProps) {
  const jobs = useJobs().data?.items ?? [];
  const titleOf = (id: string) => jobs.find((job) => job.id === id)?.title ?? operationTitle(id) ?? id;
  const chips = [
    ...(filters.job ? [{ name: words.job, value: titleOf(filters.job), without: { ...filters, job: null } }] : []),
    ...filters.states.map((state) => ({
      name: words.state,
      value: runStateWords[state],
      without: { ...filters, states: filters.states.filter((other) => other !== state) },
    })),
    ...filters.triggers.map((trigger) => ({
      name: words.trigger,
      value: runTriggers[trigger],
      without: { ...filters, triggers: filters.triggers.filter((other) => other !== trigger) },
    })),
  ];
  return (
    <search className={classes.bar} aria-label={words.label}>
      <FilterMenu label={words.job}>
        <Menu.RadioGroup value={filters.job ?? ""} onChange={(job) => onChange({ ...filters, job: job || null })}>
          <Menu.RadioItem value="">{words.anyJob}</Menu.RadioItem>
          {jobs.map((job) => (
            <Menu.RadioItem key={job.id} value={job.id}>
              {job.title}
            </Menu.RadioItem>
          ))}
          <Menu.Divider />
          <Menu.Label>{words.operations}</Menu.Label>
          {OPERATIONS.map((id) => (
            <Menu.RadioItem key={id} value={id}>
              {operationTitle(id)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </FilterMenu>
      <FilterMenu label={words.state}>
        <Menu.CheckboxGroup
          value={filters.states}
          onChange={(chosen) => onChange({ ...filters, states: RUN_STATES.filter((state) => chosen.includes(state)) })}
        >
          {RUN_STATES.map((state) => (
            <Menu.CheckboxItem key={state} value={state}>
              {runStateWords[state]}
            </Menu.CheckboxItem>
          ))}
        </Menu.CheckboxGroup>
      </FilterMenu>
      <FilterMenu label={words.trigger}>
        <Menu.CheckboxGroup
          value={filters.triggers}
          onChange={(chosen) =>
            onChange({ ...filters, triggers: RUN_TRIGGERS.filter((trigger) => chosen.includes(trigger)) })
          }
        >
          {RUN_TRIGGERS.map((trigger) => (
            <Menu.CheckboxItem key={trigger} value={trigger}>
              {runTriggers[trigger]}
            </Menu.CheckboxItem>
          ))}
        </Menu.CheckboxGroup>
      </FilterMenu>
      {chips.map((chip) => (
        <UnstyledButton
          key={`${chip.name} ${chip.value}`}
          className={classes.chip}
          aria-label={words.remove(chip.name, chip.value)}
          onClick={() => onChange(chip.without)}
        >
          <span>{words.chip(chip.name, chip.value)}</span>
          <IconX size={14} stroke={2} aria-hidden="true" />
        </UnstyledButton>
      ))}
      {chips.length > 1 && (
        <Button variant="subtle" onClick={() => onChange({ job: null, states: [], triggers: [] })}>
          {words.clear}
        </Button>
      )}
    </search>
  );
}

function FilterMenu({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Menu closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <Button
          variant="default"
          rightSection={<IconChevronDown size={16} stroke={1.8} aria-hidden="true" />}
          className={classes.menu}
        >
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
