import { useQuery } from '@tanstack/react-query';
import { me } from '../api/queries';
import type { Me, Permission } from '../api/types';

export const useMe = (): Me | null => useQuery(me).data ?? null;

export function useCan(): (permission: Permission) => boolean {
  const m = useMe();
  return (permission) => m?.permissions.includes(permission) ?? false;
}
