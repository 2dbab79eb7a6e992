import { notifications } from '@mantine/notifications';
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { sentence } from './problem';

export function toast(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 4000, role: 'status' });
}

export function toastError(error: unknown): void {
  notifications.show({ message: sentence(error), title: 'Not done', color: 'red', autoClose: 10_000 });
}

type Act<V, R> = {
  run: (v: V) => Promise<R>;
  /** What to say once the server has said so. */
  done?: string | ((r: R, v: V) => string);
  refresh?: QueryKey[];
  after?: (r: R, v: V) => void;
  /** The form shows the error itself. */
  quiet?: boolean;
};

/** A change: nothing on screen claims success before the server did. */
export function useAct<V = void, R = unknown>(act: Act<V, R>) {
  const client = useQueryClient();
  return useMutation<R, unknown, V>({
    mutationFn: act.run,
    onSuccess: (r, v) => {
      for (const queryKey of act.refresh ?? []) void client.invalidateQueries({ queryKey });
      const text = typeof act.done === 'function' ? act.done(r, v) : act.done;
      if (text) toast(text);
      act.after?.(r, v);
    },
    onError: (e) => {
      if (!act.quiet) toastError(e);
    },
  });
}
