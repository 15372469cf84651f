/** A failed query, with a message that a reader of the dashboard can act on. */
export class QueryError extends Error {
  /**
   * @param message what went wrong, shown on the panel.
   * @param unreachable whether there was no response at all, rather than an error response.
   */
  constructor(
    message: string,
    readonly unreachable = false,
  ) {
    super(message);
    this.name = 'QueryError';
  }
}
