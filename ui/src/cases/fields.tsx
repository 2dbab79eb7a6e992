import {
  Autocomplete,
  Checkbox,
  Input,
  NumberInput,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { people } from '../api/queries';
import type { Effects } from '../api/types';
import { fromInput, toInput } from '../display/time';
import { useMe } from '../session/session';
import { Matrix } from './Matrix';
import { caseTypes } from './types';
import type { Field, Values } from './verbs';

type Props = {
  field: Field;
  values: Values;
  matrix: number[][];
  set: (change: Values) => void;
  error?: string;
};

const effectGrades = ['', 'claimed', 'likely', 'confirmed'] as const;

/** One question of a verb's form. */
export function FieldInput({ field, values, matrix, set, error }: Props) {
  const v = values[field.name];
  const common = {
    label: field.label,
    description: field.help,
    required: field.required,
    error: error || undefined,
  };
  const text = typeof v === 'string' ? v : '';
  switch (field.kind) {
    case 'text':
      return (
        <TextInput {...common} value={text} onChange={(e) => set({ [field.name]: e.currentTarget.value })} />
      );
    case 'lines':
      return (
        <Textarea
          {...common}
          value={text}
          maxRows={14}
          onChange={(e) => set({ [field.name]: e.currentTarget.value })}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          min={0}
          value={Number(v) || 0}
          onChange={(n) => set({ [field.name]: Number(n) || 0 })}
        />
      );
    case 'check':
      return (
        <Checkbox
          label={field.label}
          description={field.help}
          checked={Boolean(v)}
          onChange={(e) => set({ [field.name]: e.currentTarget.checked })}
        />
      );
    case 'time':
      return (
        <TextInput
          {...common}
          label={`${field.label} (UTC)`}
          type="datetime-local"
          value={toInput(text)}
          onChange={(e) => set({ [field.name]: fromInput(e.currentTarget.value) })}
        />
      );
    case 'type':
      return (
        <Autocomplete
          {...common}
          placeholder="class/type"
          data={caseTypes}
          value={text}
          limit={12}
          onChange={(next) => set({ [field.name]: next })}
        />
      );
    case 'person':
      return <PersonSelect {...common} value={text} onChange={(next) => set({ [field.name]: next })} />;
    case 'grade':
      return (
        <Choice
          {...common}
          name={field.name}
          value={String(v ?? '')}
          options={[
            { value: '1', label: 'low' },
            { value: '2', label: 'medium' },
            { value: '3', label: 'high' },
          ]}
          onChange={(next) => set({ [field.name]: Number(next) })}
        />
      );
    case 'choice':
      return (
        <Choice
          {...common}
          name={field.name}
          value={text}
          options={field.options}
          onChange={(next) => set({ [field.name]: next })}
        />
      );
    case 'matrix':
      return (
        <Input.Wrapper {...common}>
          <Matrix
            matrix={matrix}
            impact={Number(values.impact) || 0}
            urgency={Number(values.urgency) || 0}
            choose={(impact, urgency) => set({ impact, urgency })}
          />
        </Input.Wrapper>
      );
    case 'effects': {
      const effects = v as Effects;
      return (
        <Input.Wrapper {...common}>
          <div className="stack-tight">
            {(['confidentiality', 'integrity', 'availability'] as const).map((name) => (
              <Choice
                key={name}
                label={name}
                name={name}
                inline
                value={effects[name]}
                options={effectGrades.map((g) => ({ value: g, label: g || 'none' }))}
                onChange={(g) => set({ effects: { ...effects, [name]: g } })}
              />
            ))}
          </div>
        </Input.Wrapper>
      );
    }
  }
}

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
