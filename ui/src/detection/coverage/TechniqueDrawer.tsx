import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Technique } from '../../api/detection';
import { ruleBook } from '../../api/detectionQueries';
import { Severity } from '../../display/Tag';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { find } from '../rules/find';
import { RuleState } from '../rules/RuleState';
import classes from './Coverage.module.css';
import { cellText, sentenceOf } from './cover';

type Props = {
  of: Technique | undefined;
  /** An id that the matrix does not have. */
  missing: string;
  close: () => void;
  open: (id: string) => void;
};

const shown = 100;

export function TechniqueDrawer({ of: t, missing, close, open }: Props) {
  return (
    <Drawer
      opened={t !== undefined || missing !== ''}
      onClose={close}
      title={t ? `${t.id} ${t.name}` : 'Not found'}
    >
      {t ? <Body of={t} open={open} /> : <p>{missing} is no technique of this version of ATT&CK.</p>}
    </Drawer>
  );
}

function Body({ of: t, open }: { of: Technique; open: (id: string) => void }) {
  const found = useQuery(ruleBook);
  const rules = useMemo(
    () => find(found.data?.items ?? [], { tag: t.id, sort: 'state' }),
    [found.data, t.id],
  );
  return (
    <div className="stack">
      <p>{sentenceOf(t)}.</p>
      {(t.sub_techniques ?? []).length > 0 && (
        <section>
          <h3>Sub-techniques</h3>
          <ul className="bare-list">
            {t.sub_techniques?.map((s) => (
              <li key={s.id} className="small">
                <button type="button" className="rowbutton" onClick={() => open(s.id)}>
                  <span className="row spread">
                    <span>
                      <span className="mono">{s.id}</span> {s.name}
                    </span>
                    <span className="dim">
                      {cellText(s)}
                      {s.hits > 0 && `, ${number(s.hits)} hits`}
                    </span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="stack-tight">
        <div className="row spread">
          <h3>Rules</h3>
          <Link to="/detection" search={{ tag: t.id }} className="small">
            In the list of rules
          </Link>
        </div>
        <Loaded query={found} lines={4}>
          {() =>
            rules.length === 0 ? (
              <p className="dim small">
                No rule names it. <Link to="/detection/packs">A pack</Link> may have some, or{' '}
                <Link to="/detection/new">write one</Link>.
              </p>
            ) : (
              <ul className="bare-list stack-tight">
                {rules.slice(0, shown).map((r) => (
                  <li key={r.id} className="small">
                    <span className={classes.rule}>
                      <Severity value={r.level} />
                      <RuleState state={r.state} reason={r.state_reason} />
                      <span>
                        <Link to="/detection/rules/$id" params={{ id: r.id }} preload={false}>
                          <Untrusted text={r.title} />
                        </Link>
                        {r.hits > 0 && <span className="dim"> {number(r.hits)} hits in 7 days</span>}
                      </span>
                    </span>
                  </li>
                ))}
                {rules.length > shown && (
                  <li className="dim small">
                    The first {shown} of {number(rules.length)}.
                  </li>
                )}
              </ul>
            )
          }
        </Loaded>
      </section>
    </div>
  );
}
