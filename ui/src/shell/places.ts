import type { Permission } from '../api/types';
import {
  IconBell,
  IconBook,
  IconBriefcase,
  IconCalendar,
  IconInbox,
  IconRadar,
  IconSearch,
  IconSettings,
  IconShieldCheck,
} from '../icons';

export type Place = {
  key: string;
  name: string;
  to:
    | '/'
    | '/inbox'
    | '/cases'
    | '/search'
    | '/detection'
    | '/oncall'
    | '/knowledge'
    | '/record'
    | '/settings';
  answers: string;
  icon: typeof IconBell;
  needs: Permission | null;
};

/** Every place, in the order of the navigation; `g` and the letter goes there. */
export const places: Place[] = [
  {
    key: 'n',
    name: 'Now',
    to: '/',
    answers: 'Is anything burning, who is on it, what is due',
    icon: IconBell,
    needs: null,
  },
  {
    key: 'i',
    name: 'Inbox',
    to: '/inbox',
    answers: 'What waits for a judgement',
    icon: IconInbox,
    needs: 'cases.read',
  },
  {
    key: 'c',
    name: 'Cases',
    to: '/cases',
    answers: 'What we are handling',
    icon: IconBriefcase,
    needs: 'cases.read',
  },
  {
    key: 's',
    name: 'Search',
    to: '/search',
    answers: 'What happened',
    icon: IconSearch,
    needs: 'events.read',
  },
  {
    key: 'd',
    name: 'Detection',
    to: '/detection',
    answers: 'What we would notice',
    icon: IconRadar,
    needs: 'alerts.read',
  },
  {
    key: 'o',
    name: 'On call',
    to: '/oncall',
    answers: 'Who is next',
    icon: IconCalendar,
    needs: 'oncall.read',
  },
  {
    key: 'k',
    name: 'Improve',
    to: '/knowledge',
    answers: 'What we learnt',
    icon: IconBook,
    needs: 'knowledge.read',
  },
  {
    key: 'r',
    name: 'Assure',
    to: '/record',
    answers: 'Can we prove it',
    icon: IconShieldCheck,
    needs: 'record.read',
  },
  {
    key: 't',
    name: 'Settings',
    to: '/settings',
    answers: 'People, tokens, sources, retention, policy, exercises',
    icon: IconSettings,
    needs: null,
  },
];
