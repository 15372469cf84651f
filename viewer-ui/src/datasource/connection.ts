import type { QueryError } from './queryError';

type Listener = () => void;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5000;

/**
 * Tracks whether Prometheus responds. While it does not, probes it with growing delays; once it does, notifies listeners,
 * so that a dashboard without a refresh interval recovers too.
 */
export class Connection {
  private readonly listeners = new Set<Listener>();
  private lost = false;

  /**
   * @param probe sends the cheapest query; rejects while there is no response.
   * @param pause waits that many milliseconds; replaced in tests.
   */
  constructor(
    private readonly probe: () => Promise<unknown>,
    private readonly pause: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  /** Calls `listener` whenever the connection is restored; returns a function that unsubscribes it. */
  onRestored(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Records a response. */
  noteAnswer(): void {
    if (!this.lost) return;
    this.lost = false;
    this.listeners.forEach((listener) => listener());
  }

  /** Records a failure; one without a response starts probing. */
  note(error: QueryError): void {
    if (!error.unreachable || this.lost) return;
    this.lost = true;
    void this.askUntilAnswered();
  }

  private async askUntilAnswered(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.lost) {
      await this.pause(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      await this.probe().then(
        () => this.noteAnswer(),
        () => undefined,
      );
    }
  }
}
