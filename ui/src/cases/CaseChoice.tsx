import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { casesOnce } from '../api/queries';
import type { Case } from '../api/types';
import { Untrusted } from '../display/Untrusted';
import { Loaded } from '../display/Waiting';

/** One of the open cases, by number or words. */
export function CaseChoice({ chosen, choose }: { chosen: Case | null; choose: (c: Case) => void }) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const found = useQuery(casesOnce({ q, open: true, limit: 12 }));
  return (
    <div className="stack-tight">
      <TextInput
        label="Case"
        placeholder="Its number or words of its title"
        data-autofocus
        value={typed}
        onChange={(e) => setTyped(e.currentTarget.value)}
      />
      <Loaded query={found} lines={4}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim small">
              No open case by that name. <Link to="/cases">All cases</Link>
            </p>
          ) : (
            <div role="radiogroup" aria-label="Open cases" className="stack-tight">
              {items.map((c) => (
                <label key={c.id} className="row small" style={{ flexWrap: 'nowrap', padding: '3px 0' }}>
                  <input type="radio" name="case" checked={chosen?.id === c.id} onChange={() => choose(c)} />
                  <strong className="mono nowrap">{c.number}</strong>
                  <span className="cut">
                    <Untrusted text={c.title} />
                  </span>
                </label>
              ))}
            </div>
          )
        }
      </Loaded>
    </div>
  );
}
