import { Menu } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { toast } from '../api/act';
import { IconCopy, IconListSearch, IconSearch, IconZoomIn, IconZoomOut } from '../icons';
import { copyText } from './copy';
import { aboutEntity, term } from './query';
import { Untrusted } from './Untrusted';
import { escaped } from './untrusted';

type Props = {
  value: string;
  /** What kind of thing it names: user, host, ip... */
  kind?: string;
  /** The field that it was found in. */
  field?: string;
  /** Narrows the query on the screen; without it the menu leads to Search. */
  narrow?: (term: string, exclude: boolean) => void;
};

/** Any value has the same menu, wherever it stands. */
export function Pivot({ value, kind = '', field, narrow }: Props) {
  const go = useNavigate();
  const copy = async () => {
    if (await copyText(value)) toast('Copied');
  };
  return (
    <Menu shadow="md" width={260} position="bottom-start" withinPortal>
      <Menu.Target>
        <button type="button" className="pivot" title={escaped(value)}>
          <Untrusted text={value} mono />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{kind || field || 'value'}</Menu.Label>
        {field && narrow && (
          <>
            <Menu.Item
              leftSection={<IconZoomIn size={14} />}
              onClick={() => narrow(term(field, value), false)}
            >
              Only with this value
            </Menu.Item>
            <Menu.Item
              leftSection={<IconZoomOut size={14} />}
              onClick={() => narrow(term(field, value), true)}
            >
              Without this value
            </Menu.Item>
          </>
        )}
        <Menu.Item
          leftSection={<IconSearch size={14} />}
          onClick={() =>
            void go({
              to: '/search',
              search: { q: field && !kind ? term(field, value) : aboutEntity(kind, value), from: 'now-7d' },
            })
          }
        >
          All events of 7 days
        </Menu.Item>
        <Menu.Item
          leftSection={<IconListSearch size={14} />}
          component={Link}
          to="/cases"
          search={{ q: value, open: 'any' } as never}
        >
          Cases that name it
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => void copy()}>
          Copy
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
