import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { sources } from '../api/queries';
import { CopyLine } from '../display/CopyLine';
import { Panel } from '../display/Page';
import { Empty } from '../display/Waiting';
import { IconPlugConnected } from '../icons';

/** While nothing has ever come in: the one command that changes it. */
export function FirstSteps() {
  const found = useQuery(sources);
  const all = found.data?.items;
  if (!all || all.some((s) => s.last_event)) return null;
  const commands = all.flatMap((s) => s.commands.map((c) => ({ ...c, source: s.name })));
  return (
    <Panel id="first" title="No event has come in yet">
      <Empty icon={<IconPlugConnected size={28} aria-hidden />} title="Connect the first source">
        <p>Run this on a machine that has logs. The first event shows here within a second.</p>
        {commands.slice(0, 3).map((c) => (
          <div key={`${c.source} ${c.label}`}>
            <p className="small">{c.label}</p>
            <CopyLine text={c.command} label={c.label} />
          </div>
        ))}
        <p>
          <Link to="/settings" search={{ tab: 'sources' }}>
            {commands.length > 0 ? 'All ways to connect a source' : 'Add a source'}
          </Link>
        </p>
      </Empty>
    </Panel>
  );
}
