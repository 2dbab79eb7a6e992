import { Input, SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { people } from '../api/queries';
import { useMe } from '../session/session';

type ChoiceProps = {
  label: string;
  name: string;
  description?: string;
  required?: boolean;
  error?: string;
  value: string;
  options: { value: string; label: string }[];
  inline?: boolean;
  onChange: (value: string) => void;
};

/** A few choices side by side; on a narrow screen one below the other. */
export function Choice({
  label,
  description,
  required,
  error,
  value,
  options,
  inline,
  onChange,
}: ChoiceProps) {
  return (
    <Input.Wrapper
      label={label}
      description={description}
      required={required}
      error={error}
      labelElement="div"
      className={inline ? 'choice-inline' : undefined}
    >
      <SegmentedControl
        aria-label={label}
        size="xs"
        withItemsBorders={false}
        className="choice"
        data={options}
        value={options.some((o) => o.value === value) ? value : ''}
        onChange={onChange}
      />
    </Input.Wrapper>
  );
}

type PersonProps = {
  label: string;
  description?: string;
  required?: boolean;
  error?: string;
  value: string;
  onChange: (id: string) => void;
};

export function PersonSelect({ value, onChange, ...common }: PersonProps) {
  const all = useQuery(people);
  const who = useMe();
  const active = (all.data?.items ?? []).filter((p) => p.active);
  const mine = active.filter((p) => p.id === who?.person.id);
  const others = active.filter((p) => p.id !== who?.person.id);
  const listed = [...mine, ...others].map((p) => ({
    value: p.id,
    label: p.id === who?.person.id ? `${p.name} (me)` : p.name,
  }));
  const data =
    listed.length > 0 || !who ? listed : [{ value: who.person.id, label: `${who.person.name} (me)` }];
  return (
    <Select
      {...common}
      searchable
      data={data}
      value={value || null}
      onChange={(id) => onChange(id ?? '')}
      nothingFoundMessage="Nobody by that name"
    />
  );
}
