import { ActionIcon } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Rule } from '../../api/detection';
import { rule as ruleQuery } from '../../api/detectionQueries';
import { Severity, Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconX } from '../../icons';
import { Yaml } from '../Yaml';
import { asSentence, costText, rateText } from './figures';
import { logsourceText } from './find';
import { packText } from './RuleRow';
import { RuleState } from './RuleState';
import classes from './Rules.module.css';

export function RulePreview({ rule: r, close }: { rule: Rule; close: () => void }) {
  const found = useQuery(ruleQuery(r.id));
  return (
    <section className={`panel ${classes.preview}`} aria-label="Preview" tabIndex={0}>
      <div className="stack">
        <div className="row spread">
          <Link to="/detection/rules/$id" params={{ id: r.id }}>
            Open the rule
          </Link>
          <ActionIcon variant="subtle" color="gray" aria-label="Close the preview" onClick={close}>
            <IconX size={16} />
          </ActionIcon>
        </div>
        <h2>
          <Untrusted text={r.title} />
        </h2>
        <div className="row row-tight">
          <Severity value={r.level} />
          <RuleState state={r.state} />
          {r.status && <Tag>{r.status}</Tag>}
          {r.correlation && <Tag>correlation</Tag>}
          {r.filters > 0 && <Tag>{r.filters === 1 ? '1 filter' : `${number(r.filters)} filters`}</Tag>}
        </div>
        <p className="small">
          <Untrusted text={r.disabled ? `Switched off: ${r.disabled}` : asSentence(r.state_reason)} />
        </p>
        <dl className="facts">
          <dt>log source</dt>
          <dd>{logsourceText(r.logsource)}</dd>
          <dt>hits, 7 days</dt>
          <dd>{number(r.hits)}</dd>
          <dt>last hit</dt>
          <dd>
            <Time at={r.last_hit} none="never" />
          </dd>
          <dt>alerts, 30 days</dt>
          <dd>{number(r.alerts)}</dd>
          <dt>false positives</dt>
          <dd>{rateText(r.false_positives)}</dd>
          <dt>cost</dt>
          <dd>{costText(r.cost)}</dd>
          <dt>from</dt>
          <dd>
            <Untrusted text={packText(r)} />
          </dd>
        </dl>
        <Loaded query={found} lines={6}>
          {(d) => (
            <>
              {d.description && (
                <p className="small">
                  <Untrusted text={d.description} lines />
                </p>
              )}
              {d.yaml && <Yaml text={d.yaml} label="The rule as it is written" />}
            </>
          )}
        </Loaded>
      </div>
    </section>
  );
}
