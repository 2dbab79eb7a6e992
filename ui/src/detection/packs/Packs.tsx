import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Pack } from '../../api/detection';
import { packs, ruleBook } from '../../api/detectionQueries';
import { Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Empty, Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconPackage, IconPlus } from '../../icons';
import { useCan } from '../../session/session';
import { useKeys } from '../../shell/useKeys';
import { Frame } from '../Frame';
import { InstallDrawer } from './InstallDrawer';

const route = getRouteApi('/signed-in/detection/packs');

export function Packs() {
  const { do: doing } = route.useSearch();
  const go = route.useNavigate();
  const can = useCan();
  const found = useQuery(packs);
  const book = useQuery(ruleBook);
  const install = () => void go({ search: { do: 'install' }, replace: true });
  const may = can('detection.write');
  useKeys(may ? [{ keys: 'n', label: 'Install a pack', group: 'Packs', run: install }] : []);
  const loaded = (name: string) => book.data?.items.filter((r) => r.pack === name).length;
  return (
    <Frame
      title="Packs"
      sub="Rules of others, by version; a version that is installed never changes"
      actions={
        may && (
          <Button leftSection={<IconPlus size={15} />} onClick={install}>
            Install a pack
          </Button>
        )
      }
    >
      <Loaded query={found} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="panel">
              <Empty
                icon={<IconPackage size={30} aria-hidden />}
                title="No pack is installed"
                action={may && <Button onClick={install}>Install a pack</Button>}
              >
                <p>
                  A pack is a zip of Sigma rules, such as a release of the public rules of SigmaHQ. Upload
                  one, or name its https address. The rules that came with Tocsin work without any.
                </p>
              </Empty>
            </div>
          ) : (
            <PackTable items={items} loaded={loaded} />
          )
        }
      </Loaded>
      <InstallDrawer
        opened={doing === 'install' && may}
        close={() => void go({ search: {}, replace: true })}
        names={found.data?.items.map((p) => p.name) ?? []}
      />
    </Frame>
  );
}

function PackTable({ items, loaded }: { items: Pack[]; loaded: (name: string) => number | undefined }) {
  return (
    <div className="panel panel-tight scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th>Pack</th>
            <th>In use</th>
            <th className="right">Loaded</th>
            <th className="right">Rejected</th>
            <th className="hide-narrow">Author</th>
            <th className="hide-narrow">Licence</th>
            <th className="right hide-narrow">Versions</th>
            <th className="hide-narrow">Changed (UTC)</th>
          </tr>
        </thead>
        <tbody>
          {items.map((p) => {
            const v = p.versions.find((x) => x.active) ?? p.versions[0];
            const n = loaded(p.name);
            return (
              <tr key={p.name}>
                <td>
                  <Link to="/detection/packs/$name" params={{ name: p.name }}>
                    <Untrusted text={p.title || p.name} />
                  </Link>
                  {p.title && <div className="dim small mono">{p.name}</div>}
                </td>
                <td>{p.active ? <span className="mono">{p.active}</span> : <Tag>not in use</Tag>}</td>
                <td className="right">{p.active && n !== undefined ? number(n) : '–'}</td>
                <td className="right">
                  {v && v.rejected > 0 ? <Tag tone="medium">{number(v.rejected)}</Tag> : '0'}
                </td>
                <td className="hide-narrow">
                  <Untrusted text={v?.author || 'as each rule says'} />
                </td>
                <td className="hide-narrow">
                  <Untrusted text={v?.license || 'not named'} />
                </td>
                <td className="right hide-narrow">{number(p.versions.length)}</td>
                <td className="hide-narrow">
                  <Time at={p.updated} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
