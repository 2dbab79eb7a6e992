import { Link } from '@tanstack/react-router';
import { useTitle } from '../display/Page';
import { Empty } from '../display/Waiting';
import { IconMoodEmpty } from '../icons';

export function NotFound() {
  useTitle('Not found');
  return (
    <Empty icon={<IconMoodEmpty size={32} aria-hidden />} title="Not found">
      <p>It does not exist, or it is not for you to see.</p>
      <Link to="/">Back to Now</Link>
    </Empty>
  );
}
