// Stands in for code editors and maps, which a read-only page never opens.
const Nothing = () => null;
export default Nothing;
export { Nothing as Editor, Nothing as DiffEditor };
export const loader = { config() {}, init: async () => ({}) };
