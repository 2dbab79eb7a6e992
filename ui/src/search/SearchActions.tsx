import { Button } from '@mantine/core';
import { useState } from 'react';
import { keepOnCase } from '../cases/keepStore';
import { splitPipes } from '../display/query';
import { IconBookmark, IconBriefcase, IconFileExport } from '../icons';
import { useCan } from '../session/session';
import { ExportDrawer } from './exports/ExportDrawer';
import type { Found } from './run';
import { Share } from './Share';
import { draftOf } from './saved/draft';
import { SaveDrawer } from './saved/SaveDrawer';
import type { State } from './state';

type Props = { state: State; ends: { from: string; to: string }; found: Found };

/** What can be done with the search as a whole. */
export function SearchActions({ state, ends, found }: Props) {
  const can = useCan();
  const [open, setOpen] = useState<'' | 'save' | 'export'>('');
  const total = found.histogram?.total;
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconBookmark size={14} />}
        onClick={() => setOpen('save')}
      >
        Save
      </Button>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconFileExport size={14} />}
        onClick={() => setOpen('export')}
      >
        Export
      </Button>
      {can('cases.write') && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconBriefcase size={14} />}
          onClick={() => keepOnCase({ kind: 'query', q: splitPipes(state.q).where, ...ends, about: total })}
        >
          Snapshot
        </Button>
      )}
      <Share state={state} ends={ends} />
      <SaveDrawer draft={open === 'save' ? draftOf(state) : null} close={() => setOpen('')} />
      <ExportDrawer
        opened={open === 'export'}
        close={() => setOpen('')}
        q={state.q}
        ends={ends}
        cols={state.cols}
        about={total}
        seen={found.fields?.items.map((f) => f.field) ?? []}
      />
    </>
  );
}
