import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { toast } from '../api/act';
import { columns } from '../api/queries';
import type { EventRow } from '../api/types';
import { copyText } from '../display/copy';
import { Pivot } from '../display/Pivot';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { snakeToWords } from '../display/words';
import { IconCopy } from '../icons';
import classes from './Search.module.css';

type Props = { event: EventRow; narrow?: (term: string, exclude: boolean) => void };

const qualities: Record<string, string> = {
  source: 'as the source says',
  assumed_zone: 'the source gave no zone: UTC assumed',
  assumed_year: 'the source gave no year: the nearest assumed',
  received: 'the source gave none: when it arrived',
  skewed: "the source's is implausible: when it arrived",
};

const flat = (v: unknown): string => (typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v));

/** One event: understood fields, the source's own, how it came, and the original. */
export function EventDetail({ event: e, narrow }: Props) {
  const known = useQuery({ ...columns, staleTime: Number.POSITIVE_INFINITY });
  const entity = (name: string) => known.data?.items.find((c) => c.name === name)?.entity ?? '';
  const copy = async () => {
    if (await copyText(e.raw)) toast('Copied');
  };
  const own = Object.entries(e.fields ?? {});
  return (
    <div className="stack">
      <dl className="facts">
        {Object.entries(e.columns ?? {}).map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt className="mono">{name}</dt>
            <dd>
              <Pivot value={String(value)} field={name} kind={entity(name)} narrow={narrow} />
            </dd>
          </div>
        ))}
        {own.map(([name, value]) => (
          <div key={`own ${name}`} style={{ display: 'contents' }}>
            <dt className="mono" title="The source's own field">
              {name}
            </dt>
            <dd>
              <Pivot value={flat(value)} field={name} narrow={narrow} />
            </dd>
          </div>
        ))}
      </dl>
      <div>
        <div className="row spread">
          <h3 className="dim small">As it came</h3>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconCopy size={12} />}
            onClick={() => void copy()}
          >
            Copy
          </Button>
        </div>
        <pre className={classes.raw} tabIndex={0}>
          <Untrusted text={e.raw} mono />
        </pre>
      </div>
      <dl className="facts">
        <dt>time</dt>
        <dd>
          <Time at={e.time} /> <span className="dim">{qualities[e.time_quality] ?? e.time_quality}</span>
        </dd>
        <dt>received</dt>
        <dd>
          <Time at={e.received} bare /> <span className="dim">by {e.transport} from</span>{' '}
          {e.peer ? <Pivot value={e.peer} kind="ip" narrow={narrow} /> : '–'}
        </dd>
        <dt>read as</dt>
        <dd>
          {e.source_type || 'no known type'}, {snakeToWords(e.class || 'base event')}
          <span className="dim">
            {' '}
            (understood: {e.status || 'none'}
            {e.parser && `, ${e.parser}`})
          </span>
        </dd>
        <dt>id</dt>
        <dd className="mono">{e.id}</dd>
        <dt>SHA-256</dt>
        <dd className="mono">{e.raw_sha256}</dd>
      </dl>
    </div>
  );
}
