import { Link } from '@tanstack/react-router';
import type { EntityPage } from '../../api/search';
import { Panel } from '../../display/Page';
import { Pivot } from '../../display/Pivot';
import { Severity, Tag } from '../../display/Tag';
import { Age } from '../../display/Time';
import { utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import classes from './Entity.module.css';

type Of = { of: EntityPage };

/** What stood in the same events. */
export function Neighbours({ of: e }: Of) {
  const kinds = [...new Set(e.neighbours.map((n) => n.kind))];
  return (
    <Panel id="neighbours" title="Seen together with">
      {kinds.length === 0 && <p className="dim small">No event names another thing beside it.</p>}
      {kinds.map((kind) => (
        <section key={kind} className={classes.block}>
          <h3 className="dim small">{kind === 'ip' ? 'address' : kind}</h3>
          <table className={`tbl ${classes.tight}`}>
            <thead>
              <tr>
                <th>Value</th>
                <th className="right">Events</th>
                <th className="right">Last</th>
              </tr>
            </thead>
            <tbody>
              {e.neighbours
                .filter((n) => n.kind === kind)
                .map((n) => (
                  <tr key={n.value}>
                    <td className={classes.wrap}>
                      <Link to="/search/entity/$kind" params={{ kind }} search={{ value: n.value }}>
                        <Untrusted text={n.value} mono />
                      </Link>
                    </td>
                    <td className="right">{number(n.count)}</td>
                    <td className="right nowrap" title={`First ${utc(n.first)} UTC`}>
                      <Age at={n.last} />
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
        </section>
      ))}
    </Panel>
  );
}

export function Alerts({ of: e }: Of) {
  return (
    <Panel id="alerts" title="Alerts">
      {e.alerts.length === 0 && <p className="dim small">No alert names it.</p>}
      <ul className="bare-list">
        {e.alerts.map((a) => (
          <li key={a.id} className={classes.line}>
            <Severity value={a.severity} />
            <Link to="/detection/alerts/$id" params={{ id: a.id }} className="grow">
              <Untrusted text={a.title} />
            </Link>
            <span className="small">
              <Age at={a.last} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Cases({ of: e }: Of) {
  return (
    <Panel id="cases" title="Cases">
      {e.cases.length === 0 && <p className="dim small">No case names it.</p>}
      <ul className="bare-list">
        {e.cases.map((c) => (
          <li key={c.id} className={classes.line}>
            <Link to="/cases/$id" params={{ id: c.id }} className="grow">
              <span className="mono">{c.number}</span> <Untrusted text={c.title} />
            </Link>
            <Tag>{c.status}</Tag>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Sources({ of: e }: Of) {
  return (
    <Panel id="sources" title="Sources that speak of it">
      <table className={`tbl ${classes.tight}`}>
        <thead>
          <tr>
            <th>Source</th>
            <th className="right">Events</th>
            <th className="right">Last</th>
          </tr>
        </thead>
        <tbody>
          {e.sources.map((s) => (
            <tr key={s.value}>
              <td className={classes.wrap}>
                <Pivot value={s.value} field="source" />
              </td>
              <td className="right">{number(s.count)}</td>
              <td className="right nowrap" title={`First ${utc(s.first)} UTC`}>
                <Age at={s.last} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

type CountsProps = {
  id: string;
  title: string;
  of: { value: string; count: number }[];
  none: string;
};

export function Counts({ id, title, of, none }: CountsProps) {
  const most = Math.max(1, ...of.map((v) => v.count));
  return (
    <Panel id={id} title={title}>
      {of.length === 0 && <p className="dim small">{none}</p>}
      <ul className="bare-list">
        {of.map((v) => (
          <li key={v.value} className={classes.count}>
            <span className={classes.fill} style={{ width: `${(100 * v.count) / most}%` }} />
            <span className="cut">
              <Untrusted text={v.value || 'not said'} />
            </span>
            <span className="right">{number(v.count)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
