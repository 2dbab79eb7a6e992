import { Button, Drawer, SegmentedControl, TagsInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { create } from '../../api/client';
import { sentence } from '../../api/problem';
import type { Export, ExportFormat } from '../../api/search';
import { exportOne } from '../../api/searchQueries';
import { utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { ExportProgress } from './ExportProgress';

type Props = {
  opened: boolean;
  close: () => void;
  q: string;
  ends: { from: string; to: string };
  cols: string[];
  about: number | undefined;
  seen: string[];
};

export function ExportDrawer({ opened, close, ...of }: Props) {
  return (
    <Drawer opened={opened} onClose={close} title="Export">
      {opened && <Form {...of} />}
    </Drawer>
  );
}

const formats: { value: ExportFormat; label: string; says: string }[] = [
  { value: 'csv', label: 'CSV', says: 'For spreadsheets; the chosen fields as columns.' },
  { value: 'ndjson', label: 'NDJSON', says: 'One event a line, for programs.' },
  { value: 'parquet', label: 'Parquet', says: 'Columns with their types, for analysis.' },
];

function Form({ q, ends, cols, about, seen }: Omit<Props, 'opened' | 'close'>) {
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [fields, setFields] = useState(() => [...new Set(['time', ...cols, 'message'])]);
  const [made, setMade] = useState<Export | null>(null);
  const start = useAct({
    run: () => create<Export>('/exports', { q, ...ends, format, fields }),
    quiet: true,
    refresh: [['exports']],
    after: setMade,
  });
  if (made) return <Running id={made.id} first={made} again={() => setMade(null)} />;
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        start.mutate();
      }}
    >
      <p className="small">
        {about !== undefined && <>About {number(about)} events: </>}
        <code>
          <Untrusted text={q || '*'} />
        </code>
        , {utc(ends.from)} to {utc(ends.to)} UTC.
      </p>
      <div className="stack-tight">
        <SegmentedControl
          aria-label="Format"
          data={formats}
          value={format}
          onChange={(v) => setFormat(v as ExportFormat)}
        />
        <p className="dim small">{formats.find((f) => f.value === format)?.says}</p>
      </div>
      <TagsInput
        label="Fields"
        description={
          format === 'csv'
            ? 'In this order; Enter adds one'
            : 'None means all, with the original and its hash'
        }
        data={seen}
        value={fields}
        onChange={setFields}
        maxTags={100}
        clearable
      />
      <p className="dim small">
        It is made on the server and kept for 24 hours. Who took what out stands in the record.
      </p>
      {start.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(start.error)}
        </div>
      )}
      <div className="row drawer-foot">
        <Button type="submit" loading={start.isPending} disabled={format === 'csv' && fields.length === 0}>
          Start the export
        </Button>
      </div>
    </form>
  );
}

function Running({ id, first, again }: { id: string; first: Export; again: () => void }) {
  const found = useQuery(exportOne(id));
  const e = found.data ?? first;
  return (
    <div className="stack">
      <ExportProgress of={e} />
      <p className="dim small">
        You can close this; it goes on. <Link to="/search/exports">All exports</Link>
      </p>
      {(e.state === 'failed' || e.state === 'cancelled') && (
        <div>
          <Button variant="default" size="xs" onClick={again}>
            Once more
          </Button>
        </div>
      )}
    </div>
  );
}
