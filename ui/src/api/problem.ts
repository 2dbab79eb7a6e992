import type { Problem } from './types';

/** An answer other than success, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfter = 0,
  ) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }

  get status(): number {
    return this.problem.status;
  }

  get missing(): string[] {
    return this.problem.missing ?? [];
  }

  /** The complaint about one input of a form, "" when there is none. */
  field(name: string): string {
    const found = this.problem.errors?.find((e) => e.name === name || e.name.endsWith(`.${name}`));
    return found?.detail ?? '';
  }
}

const titles: Record<number, string> = {
  401: 'Sign in again: the session has ended.',
  403: 'You may not do this. Ask an administrator for the role that it needs.',
  404: 'Not found, or not for you to see.',
  409: 'The present state does not allow this.',
  410: 'This link has expired or was used already.',
  412: 'Somebody was quicker: this was changed in the meantime.',
  413: 'That is more than the server accepts.',
  429: 'Too many attempts. Wait a moment.',
  503: 'The server cannot do this now. Try again in a minute.',
};

/** Reads an error document; whatever a proxy sent instead still becomes a sentence. */
export async function readProblem(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('Retry-After') ?? 0) || 0;
  const fallback: Problem = {
    title: response.statusText || 'Error',
    status: response.status,
    detail: titles[response.status] ?? `The server answered ${response.status}.`,
    kind: '',
  };
  try {
    const body: unknown = await response.json();
    if (typeof body !== 'object' || body === null) return new ApiError(fallback, retryAfter);
    const given = body as Partial<Problem>;
    return new ApiError(
      { ...fallback, ...given, status: response.status, detail: given.detail || fallback.detail },
      retryAfter,
    );
  } catch {
    return new ApiError(fallback, retryAfter);
  }
}

export const unreachable = (): ApiError =>
  new ApiError({
    title: 'No connection',
    status: 0,
    detail: 'The server cannot be reached. Nothing was lost here; try again when the connection is back.',
    kind: 'unreachable',
  });

/** One sentence for a toast. */
export function sentence(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 429 && error.retryAfter > 0) {
      return `Too many attempts. Try again in ${error.retryAfter} s.`;
    }
    const fields = error.problem.errors?.map((e) => `${e.name}: ${e.detail}`) ?? [];
    return [error.message, ...fields.filter((f) => !error.message.includes(f))].join(' ');
  }
  return error instanceof Error ? error.message : 'Something went wrong.';
}

export const isStale = (error: unknown): boolean => error instanceof ApiError && error.status === 412;
export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
