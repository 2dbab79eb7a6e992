import { Button } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { del, post, seg } from '../../api/client';
import type { ChangedPack, Pack, PackVersion } from '../../api/detection';
import { IconArrowBackUp, IconFlask, IconPower, IconTrash } from '../../icons';
import { useCan } from '../../session/session';
import { BacktestDialog } from '../backtests/BacktestDialog';
import { ReasonDialog } from '../ReasonDialog';
import { afterChange, loadedText, warnOfReload } from '../reload';
import { RemoveVersion } from './RemoveVersion';

type Verb = 'activate' | 'rollback' | 'deactivate';
const route = getRouteApi('/signed-in/detection/packs/$name');

/** What may be done with a pack, and with the version that is looked at. */
export function PackVerbs({ pack, shown }: { pack: Pack; shown: PackVersion }) {
  const can = useCan();
  const go = route.useNavigate();
  const [verb, setVerb] = useState<Verb | null>(null);
  const [testing, setTesting] = useState(false);
  const [removing, setRemoving] = useState(false);
  const act = useAct<string, ChangedPack>({
    run: (reason) =>
      post(`/rule-packs/${seg(pack.name)}/${verb}`, {
        reason,
        ...(verb === 'activate' ? { version: shown.version } : {}),
      }),
    done: (r) => loadedText(r.reload),
    refresh: afterChange,
    quiet: true,
    after: (r) => {
      warnOfReload(r.reload);
      setVerb(null);
    },
  });
  const drop = useAct({
    run: () => del(`/rule-packs/${seg(pack.name)}/versions/${seg(shown.version)}`),
    done: `${shown.version} is removed`,
    refresh: afterChange,
    after: () => {
      setRemoving(false);
      void go({ search: {}, replace: true });
    },
  });
  if (!can('detection.write')) return null;
  const says = verb ? words(verb, pack, shown) : null;
  return (
    <>
      <Button variant="default" leftSection={<IconFlask size={15} />} onClick={() => setTesting(true)}>
        Back-test {shown.version}
      </Button>
      {pack.active && pack.previous && (
        <Button
          variant="default"
          leftSection={<IconArrowBackUp size={15} />}
          onClick={() => setVerb('rollback')}
        >
          Roll back to {pack.previous}
        </Button>
      )}
      {shown.active ? (
        <Button variant="default" leftSection={<IconPower size={15} />} onClick={() => setVerb('deactivate')}>
          Take out of use
        </Button>
      ) : (
        <>
          <Button variant="default" leftSection={<IconTrash size={15} />} onClick={() => setRemoving(true)}>
            Remove {shown.version}
          </Button>
          <Button leftSection={<IconPower size={15} />} onClick={() => setVerb('activate')}>
            Put {shown.version} in use
          </Button>
        </>
      )}
      <ReasonDialog
        opened={says !== null}
        close={() => setVerb(null)}
        title={says?.title ?? ''}
        verb={says?.verb ?? ''}
        danger={verb === 'deactivate'}
        busy={act.isPending}
        error={act.error}
        run={(reason) => act.mutate(reason)}
      >
        <p>{says?.text}</p>
      </ReasonDialog>
      <RemoveVersion
        opened={removing}
        close={() => setRemoving(false)}
        version={shown.version}
        busy={drop.isPending}
        run={() => drop.mutate()}
      />
      <BacktestDialog
        opened={testing}
        close={() => setTesting(false)}
        title={`${pack.name} ${shown.version}`}
        pack={{ name: pack.name, version: shown.version }}
      />
    </>
  );
}

function words(verb: Verb, pack: Pack, shown: PackVersion): { title: string; verb: string; text: string } {
  if (verb === 'activate')
    return {
      title: `Put ${pack.name} ${shown.version} in use?`,
      verb: 'Put in use',
      text: pack.active
        ? `It takes the place of ${pack.active}. What changes stands on this page.`
        : `Its ${shown.rules} rules watch from the next event on.`,
    };
  if (verb === 'rollback')
    return {
      title: `Roll back to ${pack.previous}?`,
      verb: 'Roll back',
      text: `${pack.previous} takes the place of ${pack.active}.`,
    };
  return {
    title: `Take ${pack.name} out of use?`,
    verb: 'Take out of use',
    text: 'None of its rules watches any longer. The versions stay installed.',
  };
}
