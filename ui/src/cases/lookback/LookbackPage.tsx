import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lookback } from '../../api/lookback';
import { caseDetail } from '../../api/queries';
import { Page } from '../../display/Page';
import { Pivot } from '../../display/Pivot';
import { Time } from '../../display/Time';
import { escaped } from '../../display/untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { CaseParts } from '../CaseParts';
import classes from './Lookback.module.css';
import { Sessions } from './Sessions';
import { Story } from './Story';

const route = getRouteApi('/signed-in/cases/$id/lookback');

const spans = [
  { value: '24', label: '24 h' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
];
const usual = '72';

/** What the users and hosts of a case did before it. */
export function LookbackPage() {
  const { id } = route.useParams();
  const { hours = usual } = route.useSearch();
  const go = route.useNavigate();
  const detail = useQuery(caseDetail(id));
  const found = useQuery(lookback(id, Number(hours) || Number(usual)));
  const c = detail.data?.case;
  return (
    <Page
      title={c ? `Before ${c.number}` : 'Look back'}
      sub={c && escaped(c.title)}
      above={<CaseParts id={id} />}
      actions={
        <SegmentedControl
          aria-label="How far back"
          data={spans}
          value={spans.some((s) => s.value === hours) ? hours : usual}
          onChange={(v) => void go({ search: { hours: v === usual ? undefined : v }, replace: true })}
        />
      }
    >
      <Loaded query={found} lines={12}>
        {(b) => (
          <>
            <div className={classes.about}>
              <span>
                <Time at={b.from} bare /> – <Time at={b.to} bare /> UTC
              </span>
              <span>
                <span className="dim">of</span>{' '}
                {b.entities.map((e) => (
                  <span key={`${e.kind} ${e.value}`} className={classes.chip}>
                    <span className="dim">{e.kind}</span> <Pivot value={e.value} kind={e.kind} />
                  </span>
                ))}
              </span>
              <span className="dim">{number(b.took_ms)} ms</span>
            </div>
            {b.incomplete && (
              <div className="notice notice-warn" role="status">
                <strong>Not all was looked at:</strong> {b.reason}
              </div>
            )}
            <Sessions of={b} />
            <Story of={b} caseId={id} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
