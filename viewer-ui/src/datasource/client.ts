import type { Connection } from './connection';
import { QueryError } from './queryError';

type Parameters = Record<string, string | number | undefined>;

// The page server returns these when it cannot reach Prometheus.
const GATEWAY_STATUSES = [502, 503, 504];

interface Answer<T> {
  status?: string;
  data?: T;
  error?: string;
}

/** Queries Prometheus's HTTP API through the page server's proxy, and reports the outcome to `connection`. */
export class PrometheusClient {
  constructor(
    private readonly connection: Connection,
    private readonly base = '/api/prometheus/api/v1/',
  ) {}

  /**
   * Returns the response's `data`.
   *
   * @param path below `/api/v1/`, such as `query_range`.
   * @throws QueryError with Prometheus's error message, or saying that there was no response.
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
      throw new QueryError(answer?.error ?? 'Prometheus is not responding; retrying', true);
    }
    throw new QueryError(answer?.error ?? `Prometheus returned ${response.status} ${response.statusText}`.trim());
  }

  private async send(path: string, parameters: Parameters, signal?: AbortSignal): Promise<Response> {
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const body = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    // Label values and metadata accept only GET.
    const get = path.startsWith('label/') || path === 'metadata';
    try {
      return await (get ? fetch(`${this.base}${path}?${body}`, { signal }) : fetch(this.base + path, { method: 'POST', body, signal }));
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new QueryError('The page server is not responding; retrying', true);
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
