import type { Connection } from './connection';

/** Why a question to Prometheus has no answer, in words a reader of the dashboard can act on. */
export class QueryError extends Error {
  /**
   * @param message what went wrong, shown on the panel.
   * @param unreachable whether nobody answered, in contrast to an answer that says no.
   */
  constructor(
    message: string,
    readonly unreachable = false,
  ) {
    super(message);
    this.name = 'QueryError';
  }
}

export type Parameters = Record<string, string | number | undefined>;

// The page server answers with these when it does not reach Prometheus.
const GATEWAY_STATUSES = [502, 503, 504];

interface Answer<T> {
  status?: string;
  data?: T;
  error?: string;
}

/** Asks Prometheus's HTTP API through the page server's proxy, and tells `connection` how that went. */
export class PrometheusClient {
  constructor(
    private readonly connection: Connection,
    private readonly base = '/api/prometheus/api/v1/',
  ) {}

  /**
   * Returns the answer's `data`.
   *
   * @param path below `/api/v1/`, such as `query_range`.
   * @throws QueryError with Prometheus's own words, or saying that nobody answered.
   */
  async ask<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
    try {
      const data = await this.fetchData<T>(path, parameters, signal);
      this.connection.noteAnswer();
      return data;
    } catch (error) {
      if (error instanceof QueryError) this.connection.note(error);
      throw error;
    }
  }

  private async fetchData<T>(path: string, parameters: Parameters, signal?: AbortSignal): Promise<T> {
    const response = await this.send(path, parameters, signal);
    const answer = await readAnswer<T>(response);
    if (answer?.status === 'success' && answer.data !== undefined) return answer.data;
    if (GATEWAY_STATUSES.includes(response.status)) {
      throw new QueryError(answer?.error ?? 'Prometheus does not answer; trying again', true);
    }
    throw new QueryError(answer?.error ?? `Prometheus answered ${response.status} ${response.statusText}`.trim());
  }

  private async send(path: string, parameters: Parameters, signal?: AbortSignal): Promise<Response> {
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const body = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    // Label values and metadata are read-only endpoints that take GET alone.
    const get = path.startsWith('label/') || path === 'metadata';
    try {
      return await (get ? fetch(`${this.base}${path}?${body}`, { signal }) : fetch(this.base + path, { method: 'POST', body, signal }));
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new QueryError('The page server does not answer; trying again', true);
    }
  }
}

async function readAnswer<T>(response: Response): Promise<Answer<T> | undefined> {
  try {
    return (await response.json()) as Answer<T>;
  } catch {
    return undefined;
  }
}
