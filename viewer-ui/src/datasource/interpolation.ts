/** Scenes' description of the variable being interpolated. */
interface VariableTraits {
  multi?: boolean;
  includeAll?: boolean;
}

/** Escapes text for a double-quoted PromQL string. */
function escapeString(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** Escapes text for use as a literal inside a regular expression between double quotes in PromQL. */
export function escapePattern(text: string): string {
  return escapeString(text.replace(/[\\^$*+?.()|[\]{}]/g, '\\$&'));
}

/**
 * Writes a variable's value into a query: one value of a plain variable as text, values of a variable that allows several
 * (or All) as a pattern, because its matcher is `=~`.
 */
export function formatForQuery(value: unknown, variable: VariableTraits = {}): string {
  if (Array.isArray(value)) {
    const patterns = value.map((item) => escapePattern(String(item)));
    return patterns.length === 1 ? patterns[0]! : `(${patterns.join('|')})`;
  }
  return variable.multi || variable.includeAll ? escapePattern(String(value)) : escapeString(String(value));
}
