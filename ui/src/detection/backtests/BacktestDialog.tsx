import { Drawer } from '@mantine/core';
import { BacktestForm, type Subject } from './BacktestForm';

type Props = Subject & { opened: boolean; close: () => void };

/** Asks for the time to run over, then leads to the result. */
export function BacktestDialog({ opened, close, ...subject }: Props) {
  return (
    <Drawer opened={opened} onClose={close} title="Back-test over stored events">
      {opened && <BacktestForm close={close} {...subject} />}
    </Drawer>
  );
}
