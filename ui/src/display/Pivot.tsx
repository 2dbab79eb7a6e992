import { Menu } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { toast } from '../api/act';
import { entityKinds } from '../api/search';
import { keepOnCase } from '../cases/keepStore';
import {
  IconBriefcase,
  IconCopy,
  IconFingerprint,
  IconListSearch,
  IconSearch,
  IconZoomIn,
  IconZoomOut,
} from '../icons';
import { useCan } from '../session/session';
import { copyText } from './copy';
import { aboutEntity, term } from './query';
import { Untrusted } from './Untrusted';
import { escaped } from './untrusted';

export type PivotOf = {
  value: string;
  /** What kind of thing it names: user, host, ip... */
  kind?: string;
  /** The field that it was found in. */
  field?: string;
  /** Narrows the query on the screen; without it the menu leads to Search. */
  narrow?: (term: string, exclude: boolean) => void;
};

/** Any value has the same menu, wherever it stands. */
export function Pivot(of: PivotOf) {
  return (
    <Menu shadow="md" width={260} position="bottom-start" withinPortal>
      <Menu.Target>
        <button type="button" className="pivot" title={escaped(of.value)}>
          <Untrusted text={of.value} mono />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <PivotItems {...of} />
      </Menu.Dropdown>
    </Menu>
  );
}

export function PivotItems({ value, kind = '', field, narrow }: PivotOf) {
  const go = useNavigate();
  const can = useCan();
  const copy = async () => {
    if (await copyText(value)) toast('Copied');
  };
  const everywhere = field && !kind ? term(field, value) : aboutEntity(kind, value);
  return (
    <>
      <Menu.Label>{field || kind || 'value'}</Menu.Label>
      {field && narrow && (
        <>
          <Menu.Item leftSection={<IconZoomIn size={14} />} onClick={() => narrow(term(field, value), false)}>
            Only with this value
          </Menu.Item>
          <Menu.Item leftSection={<IconZoomOut size={14} />} onClick={() => narrow(term(field, value), true)}>
            Without this value
          </Menu.Item>
        </>
      )}
      <Menu.Item
        leftSection={<IconSearch size={14} />}
        onClick={() => void go({ to: '/search', search: { q: everywhere, from: 'now-7d' } })}
      >
        All its events of 7 days
      </Menu.Item>
      {entityKinds.some((k) => k === kind) && (
        <Menu.Item
          leftSection={<IconFingerprint size={14} />}
          onClick={() => void go({ to: '/search/entity/$kind', params: { kind }, search: { value } })}
        >
          Page of this {kind === 'ip' ? 'address' : kind}
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<IconListSearch size={14} />}
        component={Link}
        to="/cases"
        search={{ q: value, open: 'any' } as never}
      >
        Cases that name it
      </Menu.Item>
      {can('cases.write') && (
        <Menu.Item
          leftSection={<IconBriefcase size={14} />}
          onClick={() => keepOnCase({ kind: 'value', value, what: kind || field || 'value' })}
        >
          Add it to a case
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => void copy()}>
        Copy
      </Menu.Item>
    </>
  );
}
