import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { backtests } from '../../api/detectionQueries';
import { Tag } from '../../display/Tag';
import { Age, Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Empty, Loaded } from '../../display/Waiting';
import { IconFlask, IconPlus } from '../../icons';
import { useCan } from '../../session/session';
import { useKeys } from '../../shell/useKeys';
import { Frame } from '../Frame';
import { NewBacktest } from './NewBacktest';
import { Progress } from './Progress';
import { stateTone, subject } from './spec';

const route = getRouteApi('/signed-in/detection/backtests');

export function Backtests() {
  const { do: doing } = route.useSearch();
  const go = route.useNavigate();
  const can = useCan();
  const may = can('detection.write');
  const found = useQuery(backtests);
  const start = () => void go({ search: { do: 'new' }, replace: true });
  useKeys(may ? [{ keys: 'n', label: 'New back-test', group: 'Back-tests', run: start }] : []);
  return (
    <Frame
      title="Back-tests"
      sub="What rules would have found in the events that are stored; nothing becomes an alert"
      actions={
        may && (
          <Button leftSection={<IconPlus size={15} />} onClick={start}>
            New back-test
          </Button>
        )
      }
    >
      <Loaded query={found} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="panel">
              <Empty
                icon={<IconFlask size={30} aria-hidden />}
                title="No back-test yet"
                action={may && <Button onClick={start}>New back-test</Button>}
              >
                <p>
                  Before a rule, a change of one or a pack is put in use: run it over past events, and see how
                  many alerts a day it would raise.
                </p>
              </Empty>
            </div>
          ) : (
            <div className="panel panel-tight scroll">
              <table className="tbl">
                <thead>
                  <tr>
                    <th>What</th>
                    <th>State</th>
                    <th className="hide-narrow">Over (UTC)</th>
                    <th className="hide-narrow">By</th>
                    <th className="right">Started</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((b) => (
                    <tr key={b.id}>
                      <td>
                        <Link to="/detection/backtests/$id" params={{ id: b.id }}>
                          <Untrusted text={subject(b)} />
                        </Link>
                        {b.spec.query && (
                          <div className="dim small mono">
                            <Untrusted text={b.spec.query} />
                          </div>
                        )}
                      </td>
                      <td>
                        <Tag tone={stateTone[b.state]}>{b.state}</Tag>
                        <Progress of={b} compact />
                      </td>
                      <td className="hide-narrow">
                        <Time at={b.spec.from} bare /> – <Time at={b.spec.to} bare />
                      </td>
                      <td className="hide-narrow">{b.actor.name}</td>
                      <td className="right">
                        <Age at={b.created} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
      <NewBacktest opened={doing === 'new' && may} close={() => void go({ search: {}, replace: true })} />
    </Frame>
  );
}
