import type { QueryError } from './client';

type Listener = () => void;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5000;

/**
 * Knows whether Prometheus answers. While it does not, it asks again with growing pauses, and once it does, it tells its
 * listeners, so that a dashboard without a refresh interval comes back by itself too.
 */
export class Connection {
  private readonly listeners = new Set<Listener>();
  private lost = false;

  /**
   * @param probe asks the cheapest question; rejects while nobody answers.
   * @param pause waits that many milliseconds; a test passes its own.
   */
  constructor(
    private readonly probe: () => Promise<unknown>,
    private readonly pause: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  ) {}

  /** Calls `listener` each time an answer comes after a time without; returns how to stop that. */
  onRestored(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Takes note that a question was answered. */
  noteAnswer(): void {
    if (!this.lost) return;
    this.lost = false;
    this.listeners.forEach((listener) => listener());
  }

  /** Takes note of a failure; one where nobody answered starts the asking. */
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
