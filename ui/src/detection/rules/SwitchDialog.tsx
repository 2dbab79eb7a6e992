import { useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import type { Reload, Rule } from '../../api/detection';
import { ReasonDialog } from '../ReasonDialog';
import { afterChange, warnOfReload } from '../reload';

export function SwitchDialog({ of: r, opened, close }: { of: Rule; opened: boolean; close: () => void }) {
  const off = r.disabled !== '';
  const act = useAct<string, { reload: Reload }>({
    run: (reason) => post(`/rules/${seg(r.id)}/${off ? 'enable' : 'disable'}`, { reason }),
    done: off ? 'The rule is on again' : 'The rule is off',
    refresh: afterChange,
    quiet: true,
    after: (answer) => {
      warnOfReload(answer.reload);
      close();
    },
  });
  return (
    <ReasonDialog
      opened={opened}
      close={close}
      title={off ? 'Switch the rule on again?' : 'Switch the rule off?'}
      verb={off ? 'Switch on' : 'Switch off'}
      danger={!off}
      busy={act.isPending}
      error={act.error}
      run={(reason) => act.mutate(reason)}
    >
      <p>
        {off
          ? 'It watches again from the next event on.'
          : 'It raises no alert until somebody switches it on again. To keep it from a few known things only, tune it with a filter instead.'}
      </p>
    </ReasonDialog>
  );
}
