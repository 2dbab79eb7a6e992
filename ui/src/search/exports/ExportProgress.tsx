import { Button } from '@mantine/core';
import { useAct } from '../../api/act';
import { base, del, seg } from '../../api/client';
import type { Export, ExportState } from '../../api/search';
import { isExporting } from '../../api/searchQueries';
import { Tag } from '../../display/Tag';
import { Age } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { bytes, number } from '../../display/words';
import { IconDownload, IconPlayerStop, IconTrash } from '../../icons';
import classes from './Exports.module.css';

const tone: Record<ExportState, 'good' | 'none' | 'high' | 'accent'> = {
  waiting: 'none',
  running: 'accent',
  done: 'good',
  failed: 'high',
  cancelled: 'none',
  expired: 'none',
};

/** How far an export is; when it is there, the way to its file. */
export function ExportProgress({ of: e }: { of: Export }) {
  const drop = useAct({
    run: () => del(`/exports/${seg(e.id)}`),
    done: isExporting(e) ? 'The export is stopped' : 'The file is removed',
    refresh: [['exports']],
  });
  const going = isExporting(e);
  return (
    <div className="stack-tight">
      <div className="row row-tight" aria-live="polite">
        <Tag tone={tone[e.state]}>{e.state}</Tag>
        <span className="small">
          {number(e.rows)}
          {going && e.about_rows > 0 && ` of about ${number(e.about_rows)}`} events
          {e.bytes > 0 && `, ${bytes(e.bytes)}`}
        </span>
      </div>
      {going && (
        <progress
          className={classes.progress}
          max={100}
          value={e.state === 'waiting' ? undefined : e.percent}
          aria-label="Progress of the export"
        />
      )}
      {e.error && (
        <p className="small">
          <Untrusted text={e.error} />
        </p>
      )}
      <div className="row row-tight">
        {e.state === 'done' && (
          <>
            <Button
              size="compact-sm"
              component="a"
              href={`${base}/exports/${seg(e.id)}/file`}
              download
              leftSection={<IconDownload size={14} />}
            >
              Download
            </Button>
            {e.expires && (
              <span className="dim small">
                kept, goes <Age at={e.expires} />
              </span>
            )}
          </>
        )}
        {going ? (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerStop size={14} />}
            loading={drop.isPending}
            onClick={() => drop.mutate()}
          >
            Stop
          </Button>
        ) : (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconTrash size={14} />}
            loading={drop.isPending}
            onClick={() => drop.mutate()}
          >
            Remove<span className="visually-hidden"> the export of {e.created}</span>
          </Button>
        )}
      </div>
    </div>
  );
}
