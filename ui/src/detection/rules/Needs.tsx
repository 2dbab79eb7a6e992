import type { RuleDetail } from '../../api/detection';
import { Panel } from '../../display/Page';
import classes from '../Detection.module.css';
import { logsourceText } from './find';

/** What events must carry for it to match. */
export function Needs({ of: d }: { of: RuleDetail }) {
  if (d.rule.correlation) return null;
  return (
    <Panel id="needs" title="What it needs">
      <div className="stack small">
        <p>
          Events of <strong>{logsourceText(d.rule.logsource)}</strong>
          {d.needs.length > 0 ? ' that carry' : '.'}
        </p>
        {d.needs.length > 0 && (
          <ul className={classes.bare}>
            {d.needs.map((any) => (
              <li key={any.join()} className="mono">
                {any.join(' or ')}
              </li>
            ))}
          </ul>
        )}
        {d.fields.length > 0 && (
          <p className="dim">
            It reads <span className="mono">{d.fields.join(', ')}</span>.
          </p>
        )}
      </div>
    </Panel>
  );
}
