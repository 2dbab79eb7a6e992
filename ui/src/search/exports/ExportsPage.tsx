import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { exportList } from '../../api/searchQueries';
import { Time } from '../../display/Time';
import { utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { Empty, Loaded } from '../../display/Waiting';
import { IconFileExport } from '../../icons';
import { Frame } from '../Frame';
import { ExportProgress } from './ExportProgress';

/** Files that were made of searches; each stands for a day. */
export function ExportsPage() {
  const found = useQuery(exportList);
  return (
    <Frame title="Exports" sub="Files made of searches; each is kept for 24 hours, then removed">
      <Loaded query={found} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="panel">
              <Empty icon={<IconFileExport size={30} aria-hidden />} title="No export">
                <p>
                  <Link to="/search">Search</Link>, then press Export: the whole result becomes a file, also
                  millions of events, while you do something else.
                </p>
              </Empty>
            </div>
          ) : (
            <div className="panel panel-tight scroll">
              <table className="tbl">
                <thead>
                  <tr>
                    <th>Query</th>
                    <th className="hide-narrow">Format</th>
                    <th className="hide-narrow">Started</th>
                    <th>File</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((e) => (
                    <tr key={e.id}>
                      <td>
                        <Link to="/search" search={{ q: e.q || undefined, from: e.from, to: e.to }}>
                          <code>
                            <Untrusted text={e.q || '*'} />
                          </code>
                        </Link>
                        <div className="dim small mono">
                          {utc(e.from)} – {utc(e.to)}
                        </div>
                      </td>
                      <td className="hide-narrow">{e.format.toUpperCase()}</td>
                      <td className="hide-narrow">
                        <Time at={e.created} />
                      </td>
                      <td>
                        <ExportProgress of={e} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Frame>
  );
}
