import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Pack, PackVersion } from '../../api/detection';
import { pack as packQuery, ruleBook } from '../../api/detectionQueries';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import classes from '../Detection.module.css';
import { Frame } from '../Frame';
import { History } from '../History';
import { Stat } from '../Stat';
import { PackVerbs } from './PackVerbs';
import { VersionPanel } from './VersionPanel';

const route = getRouteApi('/signed-in/detection/packs/$name');

export function PackPage() {
  const { name } = route.useParams();
  const { version } = route.useSearch();
  const found = useQuery(packQuery(name));
  const p = found.data?.pack;
  const shown =
    p?.versions.find((v) => v.version === version) ?? p?.versions.find((v) => v.active) ?? p?.versions[0];
  return (
    <Frame
      title={p?.title || name}
      sub={
        p && (
          <span className="row row-tight">
            <span className="mono">{p.name}</span>
            {p.active ? <Tag tone="good">{p.active} in use</Tag> : <Tag>not in use</Tag>}
          </span>
        )
      }
      actions={p && shown && <PackVerbs pack={p} shown={shown} />}
    >
      <Loaded query={found} lines={10}>
        {({ pack, history }) => (
          <>
            {shown && <Figures pack={pack} of={shown} />}
            <div className="grid2">
              <div className="stack">{shown && <VersionPanel name={name} version={shown.version} />}</div>
              <div className="stack">
                <Versions pack={pack} shown={shown?.version ?? ''} />
                <Panel id="history" title="History">
                  <History items={history} none="Nothing yet." />
                </Panel>
              </div>
            </div>
          </>
        )}
      </Loaded>
    </Frame>
  );
}

function Figures({ pack, of: v }: { pack: Pack; of: PackVersion }) {
  const book = useQuery(ruleBook);
  const own = book.data?.items.filter((r) => r.pack === pack.name) ?? [];
  const count = (state: string) => own.filter((r) => r.state === state).length;
  return (
    <dl className={`${classes.statline} ${classes.stats}`}>
      <Stat name={`Rules in ${v.version}`} note={`${number(v.files)} files`}>
        {number(v.rules)}
      </Stat>
      <Stat name="Rejected" note={v.rejected > 0 ? 'below, with file, line and reason' : 'all could be read'}>
        {number(v.rejected)}
      </Stat>
      {v.active && book.data && (
        <Stat
          name="Loaded"
          note={
            <Link to="/detection" search={{ pack: pack.name }}>
              {number(count('live'))} live, {number(count('waiting'))} waiting, {number(count('blind'))} blind
            </Link>
          }
        >
          {number(own.length)}
        </Stat>
      )}
      <Stat
        name="Licence"
        note={v.notices.length > 0 ? `with ${v.notices.join(', ')}` : 'no licence file came with it'}
      >
        <span className={classes.note}>
          <Untrusted text={v.license || 'not named'} />
        </span>
      </Stat>
      <Stat name="Author" note={`${number(v.authors)} rules name their own`}>
        <span className={classes.note}>
          <Untrusted text={v.author || 'as each rule says'} />
        </span>
      </Stat>
    </dl>
  );
}

function Versions({ pack, shown }: { pack: Pack; shown: string }) {
  return (
    <Panel id="versions" title="Versions">
      <ul className="bare-list">
        {pack.versions.map((v) => (
          <li key={v.version} className={`small ${classes.item}`}>
            <div className="row spread">
              <span className="row row-tight">
                <strong className="mono">{v.version}</strong>
                {v.active && <Tag tone="good">in use</Tag>}
                {v.version === pack.previous && <Tag>in use before</Tag>}
              </span>
              {v.version === shown ? (
                <span className="dim">shown</span>
              ) : (
                <Button
                  size="compact-xs"
                  variant="default"
                  renderRoot={(props) => (
                    <Link
                      to="/detection/packs/$name"
                      params={{ name: pack.name }}
                      search={{ version: v.version }}
                      {...props}
                    />
                  )}
                >
                  Look<span className="visually-hidden"> at {v.version}</span>
                </Button>
              )}
            </div>
            <div className="dim">
              <Time at={v.installed} /> by {v.actor.name}, from <Untrusted text={v.source || 'upload'} />
            </div>
            <div className="dim mono cut" title={v.hash}>
              {v.hash}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
