import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { RuleDetail } from '../../api/detection';
import { rule as ruleQuery } from '../../api/detectionQueries';
import { Panel } from '../../display/Page';
import { Untrusted } from '../../display/Untrusted';
import { escaped } from '../../display/untrusted';
import { Loaded } from '../../display/Waiting';
import { BacktestDialog } from '../backtests/BacktestDialog';
import { Frame } from '../Frame';
import { CopyYaml, Yaml } from '../Yaml';
import { ExplainPanel } from './ExplainPanel';
import { Needs } from './Needs';
import { RuleAbout, RuleHead, RuleOrigin } from './RuleAbout';
import { RuleActions } from './RuleActions';
import { RuleAlerts } from './RuleAlerts';
import { RuleFigures } from './RuleFigures';
import { RuleHistory } from './RuleHistory';
import { RuleTuning } from './RuleTuning';
import { SwitchDialog } from './SwitchDialog';

const route = getRouteApi('/signed-in/detection/rules/$id');

export function RulePage() {
  const { id } = route.useParams();
  const found = useQuery(ruleQuery(id));
  const title = found.data ? escaped(found.data.rule.title) : 'Rule';
  return (
    <Frame
      title={title}
      sub={found.data && <RuleHead of={found.data} />}
      actions={found.data && <RuleActions of={found.data} />}
    >
      <Loaded query={found} lines={12}>
        {(d) => <Body of={d} />}
      </Loaded>
    </Frame>
  );
}

function Body({ of: d }: { of: RuleDetail }) {
  const { do: doing } = route.useSearch();
  const go = route.useNavigate();
  const close = () => void go({ search: (s) => ({ ...s, do: undefined }), replace: true });
  return (
    <>
      <RuleFigures of={d} />
      <div className="grid2">
        <div className="stack">
          <RuleAbout of={d} />
          <Panel id="yaml" title="The rule as it is written" side={d.yaml && <CopyYaml text={d.yaml} />}>
            {d.yaml ? (
              <Yaml text={d.yaml} label="The rule as it is written" />
            ) : (
              <p className="notice notice-warn">
                <Untrusted text={d.yaml_problem || 'Its text is not there.'} />
              </p>
            )}
          </Panel>
          <RuleAlerts of={d} />
        </div>
        <div className="stack">
          <ExplainPanel id={d.rule.id} correlation={d.rule.correlation} />
          <Needs of={d} />
          <RuleTuning of={d} />
          <RuleOrigin of={d} />
          <RuleHistory of={d} />
        </div>
      </div>
      <SwitchDialog of={d.rule} opened={doing === 'switch'} close={close} />
      <BacktestDialog
        opened={doing === 'backtest'}
        close={close}
        title={d.rule.title}
        yaml={d.yaml}
        correlation={d.rule.correlation}
      />
    </>
  );
}
