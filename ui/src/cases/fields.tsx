import { Autocomplete, Checkbox, Input, NumberInput, Textarea, TextInput } from '@mantine/core';
import type { Effects } from '../api/types';
import { fromInput, toInput } from '../display/time';
import { Choice, PersonSelect } from './inputs';
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
