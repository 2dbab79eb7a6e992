import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { toast } from '../api/act';
import { columns } from '../api/queries';
import type { EventRow } from '../api/types';
import { keepOnCase } from '../cases/keepStore';
import { copyText } from '../display/copy';
import { Pivot } from '../display/Pivot';
import { Time } from '../display/Time';
import { snakeToWords } from '../display/words';
import { IconBriefcase, IconCopy, IconHistory, IconLink } from '../icons';
import { useCan } from '../session/session';
import { printParams } from '../shell/urlState';
import classes from './EventDetail.module.css';
import { flat } from './results/cells';
import { Original } from './results/Row';
import { around } from './window';

type Props = { event: EventRow; narrow?: (term: string, exclude: boolean) => void };

const qualities: Record<string, string> = {
  source: 'as the source says',
  assumed_zone: 'the source gave no zone: UTC assumed',
  assumed_year: 'the source gave no year: the nearest assumed',
  received: 'the source gave none: when it arrived',
  skewed: "the source's is implausible: when it arrived",
};

async function copy(text: string): Promise<void> {
  if (await copyText(text)) toast('Copied');
}

/** One event: understood fields, the source's own, the original, and how it came. */
export function EventDetail({ event: e, narrow }: Props) {
  const known = useQuery({ ...columns, staleTime: Number.POSITIVE_INFINITY });
  const entity = (name: string) => known.data?.items.find((c) => c.name === name)?.entity ?? '';
  const understood = Object.entries(e.columns ?? {});
  const own = Object.entries(e.fields ?? {});
  return (
    <div className={classes.detail}>
      <Acts event={e} />
      <div className={classes.halves}>
        <div className="stack">
          <section className="stack-tight">
            <h3 className={classes.title}>Understood</h3>
            {understood.length === 0 && <p className="dim small">Nothing beyond the words themselves.</p>}
            <Facts of={understood} entity={entity} narrow={narrow} />
          </section>
          {own.length > 0 && (
            <section className="stack-tight">
              <h3 className={classes.title}>The source's own fields</h3>
              <Facts of={own} entity={() => ''} narrow={narrow} />
            </section>
          )}
        </div>
        <div className="stack">
          <section className="stack-tight">
            <h3 className={classes.title}>As it came</h3>
            <pre className={classes.raw} tabIndex={0}>
              <Original row={e} />
            </pre>
          </section>
          <Provenance event={e} narrow={narrow} />
        </div>
      </div>
    </div>
  );
}

function Acts({ event: e }: { event: EventRow }) {
  const can = useCan();
  const there = { ...around(e.time), event: e.id };
  const button = { size: 'compact-xs', variant: 'default' } as const;
  return (
    <div className="row row-tight">
      <Button
        {...button}
        leftSection={<IconCopy size={12} />}
        onClick={() => void copy(JSON.stringify(e, null, 2))}
      >
        Copy as JSON
      </Button>
      <Button {...button} leftSection={<IconCopy size={12} />} onClick={() => void copy(e.raw)}>
        Copy the original
      </Button>
      <Button
        {...button}
        leftSection={<IconLink size={12} />}
        onClick={() => void copy(`${window.location.origin}/search${printParams(there)}`)}
      >
        Copy link
      </Button>
      <Button
        {...button}
        leftSection={<IconHistory size={12} />}
        renderRoot={(p) => <Link to="/search" search={there} {...p} />}
      >
        Around it, ±15 min
      </Button>
      {can('cases.write') && (
        <Button
          {...button}
          leftSection={<IconBriefcase size={12} />}
          onClick={() => keepOnCase({ kind: 'events', ids: [e.id], q: '', ...around(e.time) })}
        >
          Add to a case
        </Button>
      )}
    </div>
  );
}

type FactsProps = {
  of: [string, unknown][];
  entity: (name: string) => string;
  narrow: Props['narrow'];
};

function Facts({ of, entity, narrow }: FactsProps) {
  return (
    <dl className="facts">
      {of.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt className={`mono ${classes.name}`}>{name}</dt>
          <dd>
            <Pivot value={flat(value)} field={name} kind={entity(name)} narrow={narrow} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Provenance({ event: e, narrow }: Props) {
  return (
    <section className="stack-tight">
      <h3 className={classes.title}>How it came</h3>
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
        <dt>source</dt>
        <dd>
          <Pivot value={e.source} field="source" narrow={narrow} />
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
    </section>
  );
}
